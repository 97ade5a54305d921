/** The short name of a plugin class: `org.apache.kafka.connect.file.FileStreamSourceConnector` → `FileStreamSource`. */
export function shortPluginName(pluginClass: string): string {
  const last = pluginClass.split('.').at(-1) ?? pluginClass
  return last.replace(/Connector$/, '') || last
}
