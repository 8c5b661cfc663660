import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A process as proc_pid_stat(5) shows it. */
export interface ProcessEntry {
  readonly pid: number;
  /** Whether it has ended, and only its parent has not heard of it yet (state Z). */
  readonly hasEnded: boolean;
  readonly group: number;
  readonly session: number;
  /** In clock ticks since the boot of the machine: with the pid, it names one process of a boot. */
  readonly startedAt: number;
}

/** Undefined when there is no such process, or none that may be seen. */
export function readProcess(procPath: string, pid: number): ProcessEntry | undefined {
  const stat = textOf(join(procPath, `${pid}`, 'stat'));
  // The name of the program, in parentheses, may hold spaces and parentheses itself; what follows begins with field 3.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields.length < 20) return undefined;
  return {
    pid,
    hasEnded: fields[0] === 'Z',
    group: Number(fields[2]),
    session: Number(fields[3]),
    startedAt: Number(fields[19]),
  };
}

/** The processes that have not ended; none where the process table cannot be read. */
export function livingProcesses(procPath: string): readonly ProcessEntry[] {
  return namesIn(procPath).flatMap((name) => {
    const entry = /^\d+$/.test(name) ? readProcess(procPath, Number(name)) : undefined;
    return entry && !entry.hasEnded ? [entry] : [];
  });
}

export function membersOf(group: number, procPath: string): readonly ProcessEntry[] {
  return livingProcesses(procPath).filter((entry) => entry.group === group);
}

/** Whether a process was started with `NAME=value` in its environment (proc_pid_environ(5)); not when it may not be seen. */
export function hasVariable(pid: number, variable: string, procPath: string): boolean {
  return textOf(join(procPath, `${pid}`, 'environ'))
    .split('\0')
    .includes(variable);
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
