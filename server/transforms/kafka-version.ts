/** The version of every plugin that Kafka ships: clients gate on it. */
export const kafkaVersion = '4.3.1'
