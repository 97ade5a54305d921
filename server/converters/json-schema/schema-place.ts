import { DataError } from '#server/sdk/data-error.ts'
import { isJsonArray, isJsonObject, type JsonNode } from '#server/sdk/json-node.ts'

/** A place in a JSON schema, which knows the document that it is in, so that a `$ref` can be followed. */
export interface SchemaPlace {
  readonly node: JsonNode | undefined
  child(name: string | number): SchemaPlace
  /** Another schema in the same place. */
  holding(node: JsonNode): SchemaPlace
  /** Where the schema really stands. Throws `DataError` for a reference to nowhere, or in a circle. */
  resolved(): SchemaPlace
}

/** How many references may follow one another before they are taken for a circle. */
const longestChain = 100

/** The root of a document; `others` are those that it refers to, by the name that they have there. */
export function schemaRoot(document: JsonNode, others: ReadonlyMap<string, JsonNode>): SchemaPlace {
  return placeIn(document, document)

  function placeIn(root: JsonNode, node: JsonNode | undefined): SchemaPlace {
    return {
      node,
      child(name) {
        if (isJsonArray(node)) return placeIn(root, node[Number(name)])
        return placeIn(root, isJsonObject(node) ? node.get(`${name}`) : undefined)
      },
      holding: (other) => placeIn(root, other),
      resolved() {
        let place: { root: JsonNode; node: JsonNode | undefined } = { root, node }
        for (let chain = 0; chain < longestChain; chain++) {
          const reference = isJsonObject(place.node) ? place.node.get('$ref') : undefined
          if (typeof reference !== 'string') return placeIn(place.root, place.node)
          place = follow(reference, place.root)
        }
        throw new DataError('The references of the schema go in a circle')
      },
    }
  }

  function follow(reference: string, root: JsonNode): { root: JsonNode; node: JsonNode | undefined } {
    const hash = reference.indexOf('#')
    const name = hash < 0 ? reference : reference.slice(0, hash)
    const pointer = hash < 0 ? '' : reference.slice(hash + 1)
    const target = name === '' ? root : (others.get(name) ?? byId(name))
    if (target === undefined) throw new DataError(`The schema refers to ${reference}, which is not there`)
    let node: JsonNode | undefined = target
    for (const part of pointer.split('/').slice(1)) {
      const key = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~')
      node = isJsonArray(node) ? node[Number(key)] : isJsonObject(node) ? node.get(key) : undefined
    }
    if (node === undefined) throw new DataError(`The schema refers to ${reference}, which is not there`)
    return { root: target, node }
  }

  function byId(name: string): JsonNode | undefined {
    return [document, ...others.values()].find((other) => isJsonObject(other) && other.get('$id') === name)
  }
}
