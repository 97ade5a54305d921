import { meetsSourceContract } from 'sluice/sdk/testing/source-contract'
import { createTask } from './source.js'

meetsSourceContract(() => ({
  records: 5,
  open: (context) => createTask({ topic: 'ticks', 'interval.ms': 1, count: 5 }, context),
}))
