import type { Refusal } from './trace.js';

/** Whether a run was started or queued; if not, why, and from which device time on asking again makes sense. */
export type Admission =
  | { readonly admitted: true }
  | {
      readonly admitted: false;
      readonly reason: Refusal['reason'];
      readonly detail: string;
      readonly allowedAt?: number;
    };

export type Refused = Admission & { readonly admitted: false };
