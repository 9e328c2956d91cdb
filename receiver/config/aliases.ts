import { type Alias, type Document, isAlias, type Node, visit } from 'yaml'

/** What each alias of a document stands for. */
export type Aliases = ReadonlyMap<Node, Node>

/**
 * The last node with an alias's anchor before it, as YAML has it (YAML 1.2.2, section 7.1). Found for all of them at once: by itself
 * each alias goes through the whole document, of which apps with anchors have many.
 */
export function aliasesIn(document: Document): Aliases {
  const anchored = new Map<string, Node>()
  const found = new Map<Alias, Node>()
  visit(document, {
    Node(_key, node) {
      if (!isAlias(node)) {
        if (node.anchor !== undefined) anchored.set(node.anchor, node)
        return
      }
      const target = anchored.get(node.source)
      if (target !== undefined) found.set(node, target)
    },
  })
  return found
}
