/** Every address of the console, in one place. `cluster` is the slug that stands in each of them. */
const at =
  (path: string) =>
  (cluster: string): string =>
    `/c/${encodeURIComponent(cluster)}${path}`

export const paths = {
  home: at(''),
  connectors: at('/connectors'),
  newConnector: at('/connectors/new'),
  workers: at('/workers'),
  topics: at('/topics'),
  plugins: at('/plugins'),
  settings: at('/settings'),
  connector: (cluster: string, name: string, tab?: string): string =>
    `${at('/connectors/')(cluster)}${encodeURIComponent(name)}${tab && tab !== 'overview' ? `?tab=${tab}` : ''}`,
  topic: (cluster: string, name: string, tab?: string): string =>
    `${at('/topics/')(cluster)}${encodeURIComponent(name)}${tab && tab !== 'records' ? `?tab=${tab}` : ''}`,
  record: (cluster: string, topic: string, partition: number, offset: number): string =>
    `${at('/topics/')(cluster)}${encodeURIComponent(topic)}?from=offset:${offset}&partition=${partition}&record=${partition}/${offset}`,
  newFrom: (cluster: string, plugin: string): string =>
    `${at('/connectors/new')(cluster)}?plugin=${encodeURIComponent(plugin)}`,
}
