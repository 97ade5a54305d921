import { ConnectError } from '#server/contract/errors.ts'

/** Kafka: `ConnectorPluginsResource.validateConfigs`; the suffix "Connector" counts on neither side. */
export function checkIncludedType(included: string | null | undefined, requested: string): void {
  const normal = (name: string) => name.replace(/Connector$/, '')
  if (typeof included === 'string' && !normal(included).endsWith(normal(requested))) {
    throw new ConnectError(
      'BAD_REQUEST',
      `Included connector type ${included} does not match request type ${requested}`,
    )
  }
}
