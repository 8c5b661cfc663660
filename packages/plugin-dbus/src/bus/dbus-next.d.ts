/** The inner module of dbus-next 0.10.2 that bus/wire.ts stands on; the library ships no types for them. */
declare module 'dbus-next/lib/message.js' {
  interface ReadableSource {
    on(event: 'readable', listener: () => void): void;
    read(size: number): Uint8Array | null;
  }

  const message: {
    unmarshalMessages(
      source: ReadableSource,
      onMessage: (message: Record<string, unknown>) => void,
      options: object,
    ): void;
    /** Reads one whole message of little-endian byte order. */
    unmarshall(bytes: Uint8Array): { readonly body: readonly unknown[] };
    /** @returns the bytes and the file descriptors to send with them */
    marshall(message: Readonly<Record<string, unknown>>): [Uint8Array, readonly unknown[]];
  };
  export default message;
}
