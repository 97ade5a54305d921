/** Whether there is time for all of it: `npm run test:full`, and on Apache Kafka. */
export const full = process.env.SLUICE_TEST_FULL === '1'
