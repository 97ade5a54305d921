import { connectors } from '#server/connectors/catalog.ts'
import { converters } from '#server/converters/catalog.ts'
import { providers } from '#server/providers/catalog.ts'
import type { PluginCatalog } from '#server/runtime/pool/plugin-definitions.ts'
import { predicates, transforms } from '#server/transforms/catalog.ts'

/** Everything that Sluice ships: the only place where the engine meets the plugins. */
export const catalog: PluginCatalog = { connectors, converters, transforms, predicates, providers }
