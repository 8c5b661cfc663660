import { validateHeaderName, validateHeaderValue } from 'node:http';

export function isHeaderName(name: string): boolean {
  return isValid(() => validateHeaderName(name));
}

/** One line of Latin-1 text. */
export function isHeaderValue(value: string): boolean {
  return isValid(() => validateHeaderValue('value', value));
}

function isValid(check: () => void): boolean {
  try {
    check();
    return true;
  } catch {
    return false;
  }
}
