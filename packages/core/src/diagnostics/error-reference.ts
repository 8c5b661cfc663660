import type { ErrorTable } from './device-error.js';

/** The reference page of all error codes as Markdown, one section for each package. */
export function errorReference(tables: Readonly<Record<string, ErrorTable>>): string {
  const sections = Object.entries(tables).map(([owner, table]) => {
    const entries = Object.entries(table)
      .toSorted(([left], [right]) => left.localeCompare(right))
      .map(([code, { summary, remedy }]) => `### ${code}\n\n${summary}\n\n${remedy}\n`);
    return `## ${owner}\n\n${entries.join('\n')}`;
  });
  return `# Error codes\n\nA code is never renamed and never used again for something else.\n\n${sections.join('\n')}`;
}
