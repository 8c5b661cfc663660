import type { HostEnvironment } from './host-environment.js';

/** Variables whose values never leave the process: keys of the balena and Supervisor APIs, our own. */
const secretVariable = /^DEVICERC_SECRET_|(?:^|_)(?:API_KEY|TOKEN|PASSWORD|SECRET)$/;

/** How a secret may be written inside of a text. */
export const secretForms: Readonly<Record<string, (secret: string) => string>> = {
  plain: (secret) => secret,
  json: (secret) => JSON.stringify(secret).slice(1, -1),
  percent: encodeURIComponent,
  base64: (secret) => Buffer.from(secret).toString('base64'),
};

/** The secrets of the environment, by the name of their variable. */
export function secretVariablesOf({
  variables,
}: Pick<HostEnvironment, 'variables'>): readonly (readonly [name: string, value: string])[] {
  return Object.entries(variables).flatMap(([name, value]) =>
    secretVariable.test(name) && value !== undefined ? [[name, value] as const] : [],
  );
}

/** Finds each of the texts, the longest first where one begins with another; undefined without any. */
export function patternOf(texts: Iterable<string>): RegExp | undefined {
  const longestFirst = [...texts].sort((one, other) => other.length - one.length);
  return longestFirst.length > 0 ? new RegExp(longestFirst.map(escapePattern).join('|'), 'g') : undefined;
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
