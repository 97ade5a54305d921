import { hostname } from 'node:os'
import { ConnectHeaders } from 'sluice/sdk/headers'

/** Called once for each task, with the settings in the types of their table. */
export function createOrigin({ header }) {
  const host = hostname()
  let count = 0n

  return {
    // What it makes of a record goes on in its place; the record that it is given stays as it is. null drops the record,
    // and what throws here is an error of the record: errors.tolerance decides.
    apply(record) {
      const headers = new ConnectHeaders(record.headers).remove(header).addString(header, host)
      return { ...record, headers: headers.addLong(`${header}.count`, count++).toArray() }
    },

    // The task has ended, however that was: give back here what was opened above. Predicates and converters have it, too.
    close() {},
  }
}
