import { datagenSource } from '#server/connectors/datagen/connector.ts'
import { fileSink, fileSource } from '#server/connectors/file/connector.ts'
import type { ConnectorPlugin } from '#server/sdk/connector.ts'

/** Every connector that comes with Sluice. */
export const connectors: readonly ConnectorPlugin[] = [datagenSource, fileSource, fileSink]
