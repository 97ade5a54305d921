import type { ConnectorConfig } from '#server/contract/connector.ts'

/** Signs a body with the group's session key; undefined when the group's protocol signs nothing. */
export type SignRequest = (body: Uint8Array) => { algorithm: string; signature: string } | undefined

/** Calls from a worker to its leader. `runtime` asks, `rest/client.ts` answers over HTTP. */
export interface Peers {
  submitTaskConfigs(
    leaderUrl: string,
    connector: string,
    tasks: ConnectorConfig[],
    sign: SignRequest,
    signal: AbortSignal,
  ): Promise<void>
  fenceZombies(leaderUrl: string, connector: string, sign: SignRequest, signal: AbortSignal): Promise<void>
}
