import { fileSink, fileSource } from '#server/connectors/file/connector.ts'
import type { ConnectorPlugin } from '#server/sdk/connector.ts'

/** Every connector that comes with Sluice. */
export const connectors: readonly ConnectorPlugin[] = [fileSource, fileSink]
