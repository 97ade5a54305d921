import { directoryConfigProvider } from '#server/providers/directory-config-provider.ts'
import { envVarConfigProvider } from '#server/providers/env-var-config-provider.ts'
import { fileConfigProvider } from '#server/providers/file-config-provider.ts'
import { vaultConfigProvider } from '#server/providers/vault-config-provider.ts'
import type { ConfigProviderPlugin } from '#server/sdk/config-provider.ts'

/** Every config provider that comes with Sluice. */
export const providers: readonly ConfigProviderPlugin[] = [
  fileConfigProvider,
  directoryConfigProvider,
  envVarConfigProvider,
  vaultConfigProvider,
]
