/** Exit codes of the program; 78 is EX_CONFIG of sysexits.h(3). */
export const ExitCode = { good: 0, failed: 1, usage: 2, badConfiguration: 78 } as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];
