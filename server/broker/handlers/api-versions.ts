import { codeOf } from '#server/broker/error-answer.ts'
import { transactionVersion } from '#server/broker/features.ts'
import type { Handler, Handlers } from '#server/broker/handlers/handler.ts'
import { apiNames, apis } from '#server/protocol/codec.ts'

/** How software may call itself (KIP-511). */
const softwareWord = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/

/** What is answered is what is advertised. */
export function apiVersions(served: () => Handlers): Handler<'ApiVersions'> {
  return ({ clientSoftwareName, clientSoftwareVersion }, { version }) => {
    if (version >= 3 && !(softwareWord.test(clientSoftwareName) && softwareWord.test(clientSoftwareVersion))) {
      return { apiKeys: [], errorCode: codeOf('INVALID_REQUEST') }
    }
    const handlers = served()
    const apiKeys = apiNames
      .filter((name) => handlers[name])
      .map((name) => ({
        apiKey: apis[name].key,
        // Kafka names Produce from 0 on too, for librdkafka's sake (KAFKA-18659); what is older than 3 is not served.
        minVersion: name === 'Produce' ? 0 : apis[name].min,
        maxVersion: apis[name].max,
      }))
    if (version < 3) return { apiKeys, errorCode: 0 }
    const { name, level } = transactionVersion
    return {
      apiKeys,
      errorCode: 0,
      // Clients before version 4 cannot read a feature that begins at 0 (KIP-1022).
      supportedFeatures: version >= 4 ? [{ name, minVersion: 0, maxVersion: level }] : [],
      finalizedFeaturesEpoch: 0,
      finalizedFeatures: [{ name, minVersionLevel: level, maxVersionLevel: level }],
    }
  }
}
