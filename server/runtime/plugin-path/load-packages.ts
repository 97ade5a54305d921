import { pathToFileURL } from 'node:url'
import { inspect } from 'node:util'
import type { PluginPackage } from '#server/contract/connector.ts'
import { messageOf } from '#server/contract/errors.ts'
import type { FoundPackage, PackageOnPath } from '#server/runtime/plugin-path/find-packages.ts'
import { openSdkDoor } from '#server/runtime/plugin-path/sdk-door.ts'
import type { PluginCatalog } from '#server/runtime/pool/plugin-definitions.ts'
import { asPackage, type BoardDuring } from '#server/runtime/pool/stage-board.ts'
import { pluginKind } from '#server/sdk/connector.ts'

/** Where plugins of each kind stand in a catalog. Providers also serve the worker's own settings, where no plugin code runs. */
const shelves = {
  source: 'connectors',
  sink: 'connectors',
  converter: 'converters',
  transformation: 'transforms',
  predicate: 'predicates',
} as const satisfies Record<string, keyof PluginCatalog>

interface AnyPlugin {
  class: string
  version: string
  [pluginKind]: keyof typeof shelves
}

/**
 * A catalog with what is on `plugin.path` beside what is shipped. For pool threads alone: it runs the code of packages. One
 * that cannot be used, or waits longer than `withinMs` for something, is among the packages with its problem, and the others
 * are there (I9). One that lets its thread do nothing else is found by whoever watches the thread, by its place on the board.
 */
export async function withPluginPath(
  shipped: PluginCatalog,
  { packages: found, during, withinMs }: { packages: readonly PackageOnPath[]; during: BoardDuring; withinMs: number },
): Promise<PluginCatalog> {
  if (found.length === 0) return shipped
  openSdkDoor()
  const catalog = {
    ...shipped,
    connectors: [...shipped.connectors],
    converters: [...shipped.converters],
    transforms: [...shipped.transforms],
    predicates: [...shipped.predicates],
  }
  const packages: PluginPackage[] = []
  for (const one of found) {
    const { folder } = one
    const described = { name: one.name ?? folder, version: one.version ?? '', folder }
    try {
      if ('problem' in one) throw new Error(one.problem)
      const loading = () => load(one, withinMs)
      const plugins = pluginsIn(await during(`loading the plugin package in ${folder}`, loading, asPackage(folder)))
      const all = [...catalog.connectors, ...catalog.converters, ...catalog.transforms, ...catalog.predicates]
      for (const plugin of plugins) checkPlugin(plugin, all)
      for (const plugin of plugins) (catalog[shelves[plugin[pluginKind]]] as unknown as AnyPlugin[]).push(plugin)
      packages.push({ ...described, plugins: plugins.map((plugin) => plugin.class) })
    } catch (error) {
      packages.push({ ...described, plugins: [], problem: messageOf(error) })
    }
  }
  return { ...catalog, packages }
}

async function load({ entry }: FoundPackage, withinMs: number): Promise<object> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error(`It did not finish loading within ${withinMs} ms.`)), withinMs)
  try {
    return await Promise.race([import(pathToFileURL(entry).href) as Promise<object>, late.promise])
  } finally {
    clearTimeout(timer)
  }
}

/** By their mark (docs/decisions/0009), among the exports and in exported lists. */
function pluginsIn(module: object): AnyPlugin[] {
  const plugins = Object.values(module)
    .flat()
    .filter((one): one is AnyPlugin => typeof one === 'object' && one !== null && pluginKind in one)
  if (plugins.length === 0)
    throw new Error(
      'Its module exports no plugin: make them with defineSource, defineSink and their like of sluice/sdk.',
    )
  return plugins
}

/** What a description may say where there is a choice. */
const oneOf = { exactlyOnce: ['SUPPORTED', 'UNSUPPORTED'], tasks: ['one', 'many'] } as const

function checkPlugin(plugin: AnyPlugin, known: readonly { class: string; version: string }[]): void {
  const kind = plugin[pluginKind]
  const what = `${plugin.class} ${plugin.version}`
  if (!Object.hasOwn(shelves, kind)) throw new Error(`${what} is of the kind ${kind}, which plugin.path cannot bring.`)
  const missing = [
    'class',
    'version',
    'config',
    ...(kind === 'source' || kind === 'sink' ? ['taskClass', 'load'] : []),
  ].find((key) => (plugin as unknown as Record<string, unknown>)[key] === undefined)
  if (missing) throw new Error(`${what} has no ${missing}.`)
  for (const [key, answers] of Object.entries(oneOf)) {
    const given = (plugin as unknown as Record<string, unknown>)[key]
    if (given === undefined || answers.some((answer) => answer === given)) continue
    throw new Error(`${what} says ${key}: ${inspect(given)}, which has to be '${answers.join("' or '")}'.`)
  }
  if (known.some((other) => other.class === plugin.class && other.version === plugin.version)) {
    throw new Error(`${what} is there already.`)
  }
  // Which version of them is wanted cannot be said yet where they are named.
  if (kind !== 'source' && kind !== 'sink' && known.some((other) => other.class === plugin.class)) {
    throw new Error(`Another version of ${plugin.class} is there already, and only connectors may have several.`)
  }
}
