import type { PluginPackage } from '#server/contract/connector.ts'
import { ConnectError } from '#server/contract/errors.ts'

/**
 * `plugin.discovery` (KIP-898). What Kafka Connect finds by scanning or by manifests is found here by the one line in a
 * package's package.json, so every mode finds the same; they differ in what a package that cannot be used may do.
 */
export const discoveryModes = ['only_scan', 'hybrid_warn', 'hybrid_fail', 'service_load'] as const
export type DiscoveryMode = (typeof discoveryModes)[number]

/** Under `hybrid_fail` a worker does not start beside a package that it cannot use: throws SETTING_INVALID, naming each. */
export function checkPackages(mode: DiscoveryMode, packages: readonly PluginPackage[]): void {
  if (mode !== 'hybrid_fail') return
  const unusable = packages.flatMap(({ folder, problem }) => (problem === undefined ? [] : [`${folder}: ${problem}`]))
  if (unusable.length === 0) return
  throw new ConnectError(
    'SETTING_INVALID',
    `One or more packages on plugin.path cannot be used, and plugin.discovery is hybrid_fail: [${unusable.join(', ')}]`,
  )
}
