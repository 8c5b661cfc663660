import { crc32 } from 'node:zlib';
import type { BootRecord } from '../boot-record.js';
import type { JsonValue } from '../ledger.js';
import type { StoredRecord } from '../records.js';

/** A record that was written, or (without a value) removed. */
export type Change = readonly [scope: string, key: string, value?: JsonValue];

/** What a frame says of the boots. */
export interface BootsInFrame {
  /** The boot at hand, and its length so far: each frame that survives tells device time anew. */
  readonly boot: Pick<BootRecord, 'number' | 'startedAt' | 'seenFor'>;
  /** Boots that are new or changed. */
  readonly boots?: readonly BootRecord[];
}

/** What one turn of the event loop changed. The first frame of a segment holds everything there is. */
export interface Frame extends BootsInFrame {
  readonly changes?: readonly Change[];
}

/** A frame that is to be written. */
export interface NewFrame {
  readonly boots: BootsInFrame;
  readonly changes: readonly StoredRecord[];
}

/** The JSON text of a frame that says this. */
export function frameText({ boots, changes }: NewFrame): string {
  const text = JSON.stringify(boots);
  return changes.length === 0 ? text : `${text.slice(0, -1)},"changes":[${changes.map(changeText).join()}]}`;
}

function changeText({ place, value }: StoredRecord): string {
  return value === undefined ? `${place}]` : `${place},${value}]`;
}

/** 0xFF is in no UTF-8 text, so no record can look like the start of a frame. */
const mark = Buffer.from([0xff, 0x44, 0x52, 0x43]);

/** mark (4), length of the body (4), safe (6), CRC-32 of all after itself and of length and safe (4); big endian. */
const prefixLength = 18;
const prefixRoom = ' '.repeat(prefixLength);

/**
 * @param body JSON text
 * @param safe bytes of the segment that were synced when the frame was written: damage before it is no torn write
 */
export function encodeFrame(body: string, safe: number): Buffer {
  const frame = Buffer.from(prefixRoom + body);
  mark.copy(frame);
  frame.writeUInt32BE(frame.length - prefixLength, 4);
  frame.writeUIntBE(safe, 8, 6);
  frame.writeUInt32BE(checksum(frame), 14);
  return frame;
}

/** A frame where it was found. */
export interface FoundFrame {
  readonly start: number;
  readonly end: number;
  readonly safe: number;
  readonly body: unknown;
}

/** The frames of a segment in their order, whatever lies between them. */
export function findFrames(segment: Buffer, from: number): readonly FoundFrame[] {
  const frames: FoundFrame[] = [];
  let start = from;
  for (;;) {
    const frame = decodeFrame(segment, start);
    if (frame) {
      frames.push(frame);
      start = frame.end;
    } else {
      start = segment.indexOf(mark, start + 1);
      if (start < 0) return frames;
    }
  }
}

function decodeFrame(segment: Buffer, start: number): FoundFrame | undefined {
  if (start + prefixLength > segment.length || segment.compare(mark, 0, 4, start, start + 4) !== 0) return undefined;
  const end = start + prefixLength + segment.readUInt32BE(start + 4);
  if (end > segment.length) return undefined;
  const frame = segment.subarray(start, end);
  if (checksum(frame) !== frame.readUInt32BE(14)) return undefined;
  return { start, end, safe: frame.readUIntBE(8, 6), body: JSON.parse(frame.toString('utf8', prefixLength)) };
}

function checksum(frame: Buffer): number {
  return crc32(frame.subarray(prefixLength), crc32(frame.subarray(4, 14)));
}
