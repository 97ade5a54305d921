/** Where Sluice answers otherwise than Kafka Connect 4.3.1, and means to. */
export const knownDifferences: Readonly<Record<string, string>> = {
  'rest/patch-config/14':
    'a config without a class is not printed, because it may hold secrets (nor does Kafka after 4.3.1)',
  'rest/standalone/27': 'what does not exist is not found (404), also in standalone mode',
  'rest/standalone/48': 'what does not exist is not found (404), also in standalone mode',
  'rest/standalone/58': 'a task that does not exist is unknown in the same words as in a group',
  'rest/standalone/59': 'a task that does not exist gets no status',
  'configdef/118': 'a version range that nobody can read is the fault of the request (400), not of the worker (500)',
  'configdef/255': 'a validate hook finds errors; it does not make up values',
}
