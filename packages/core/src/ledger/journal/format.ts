import type { Migrations } from './segment.js';

/** Of frames and segments. A change that an older engine cannot read counts it up and puts a step into `migrations`. */
export const formatVersion = 1;

export const migrations: Migrations = new Map();
