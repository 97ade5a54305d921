import { ConnectError } from '#server/contract/errors.ts'
import { classResolver } from '#server/core/plugin-classes.ts'
import type { PluginHost } from '#server/runtime/plugin-host.ts'
import { checkPackages } from '#server/runtime/plugin-path/discovery.ts'
import type { SharedConfig } from '#server/runtime/worker-config.ts'

/**
 * What a worker needs of its plugins before it starts: packages as `plugin.discovery` wants them, and converters that there
 * are, as Kafka's worker does. Throws SETTING_INVALID, naming each package or the property.
 */
export function checkPlugins(
  { discovery, converters }: Pick<SharedConfig, 'discovery' | 'converters'>,
  host: Pick<PluginHost, 'packages' | 'definitions'>,
): void {
  checkPackages(discovery, host.packages())
  const resolve = classResolver(host.definitions())
  for (const [key, name] of Object.entries(converters)) {
    if (resolve(name) !== undefined) continue
    throw new ConnectError(
      'SETTING_INVALID',
      `Invalid value ${name} for configuration ${key}: Class ${name} could not be found.`,
    )
  }
}
