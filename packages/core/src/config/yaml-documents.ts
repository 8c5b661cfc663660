import { Composer, type CST, type Document, type ParsedNode, type YAMLMap } from 'yaml';
import type { Turns } from '../clock/turns.js';

/** Entries of one mapping that are composed in one go. */
const pieceLength = 50;

const options = { keepSourceTokens: true, uniqueKeys: false, logLevel: 'silent', version: '1.2' } as const;

type ParsedDocument = Document.Parsed<ParsedNode>;
type Entry = CST.BlockMap['items'][number];

/** The entries of a long mapping before its last ones, which stay in the document. */
interface Beginning {
  /** Where the mapping stands in the document. */
  readonly entry: Entry;
  readonly offset: number;
  readonly pieces: readonly CST.BlockMap[];
}

/**
 * What `parseAllDocuments` of the library gives for the tokens of a text, without holding the event loop: that of thousands
 * of rules takes a second on a small board.
 */
export async function composeDocuments(tokens: readonly CST.Token[], turns: Turns): Promise<readonly ParsedDocument[]> {
  const beginnings = cutLongMappings(tokens);
  const documents = compose(tokens);
  for (const beginning of beginnings) await prepend(beginning, documents[0]!, turns);
  return documents;
}

/** Takes all but the last piece out of the mappings that the only document has under its keys, such as `rules`. */
function cutLongMappings(tokens: readonly CST.Token[]): readonly Beginning[] {
  const [document, second] = tokens.filter(({ type }) => type === 'document' || type === 'directive');
  if (second || document?.type !== 'document' || document.value?.type !== 'block-map') return [];
  return document.value.items.flatMap((entry) => {
    const { value } = entry;
    if (value?.type !== 'block-map' || value.items.length <= pieceLength) return [];
    const { offset } = value;
    const pieces: CST.BlockMap[] = [];
    while (value.items.length > pieceLength) {
      pieces.push({ ...value, items: value.items.splice(0, pieceLength) });
      value.offset = beginningOf(value.items[0]!);
    }
    return [{ entry, offset, pieces }];
  });
}

function beginningOf({ start, key, sep }: Entry): number {
  return (start[0] ?? key ?? sep?.[0])?.offset ?? 0;
}

function compose(tokens: Iterable<CST.Token>): ParsedDocument[] {
  return [...new Composer<ParsedNode>(options).compose(tokens)] as ParsedDocument[];
}

async function prepend({ entry, offset, pieces }: Beginning, document: ParsedDocument, turns: Turns): Promise<void> {
  const pairs = (document.contents as YAMLMap.Parsed).items;
  const mapping = pairs.find(({ srcToken }) => srcToken === entry)!.value as YAMLMap.Parsed;
  const items: typeof mapping.items = [];
  for (const value of pieces) {
    if (turns.areDue()) await turns.next();
    const [piece] = compose([{ type: 'document', offset: value.offset, start: [], value }]);
    items.push(...(piece!.contents as YAMLMap.Parsed).items);
    document.errors.push(...piece!.errors);
  }
  mapping.items = [...items, ...mapping.items];
  mapping.range = [offset, mapping.range[1], mapping.range[2]];
  document.errors.sort((one, other) => one.pos[0] - other.pos[0]);
}
