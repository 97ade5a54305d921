'use client'
import { Input, Select } from '#components/ui/input.tsx'
import type { ReadQuery } from '#server/contract/topics.ts'

type From = ReadQuery['from']

/** Where to begin: an end, an offset, or a moment. */
export function FromPicker({ from, onChange }: { from: From; onChange: (from: From) => void }) {
  const choose = (at: string) => {
    if (at === 'offset') onChange({ at, offset: 0 })
    else if (at === 'time') onChange({ at, ms: Date.now() - 3_600_000 })
    else onChange({ at: at === 'oldest' ? 'oldest' : 'newest' })
  }
  return (
    <>
      <Select aria-label="From" value={from.at} onChange={(event) => choose(event.target.value)}>
        <option value="newest">from newest</option>
        <option value="oldest">from oldest</option>
        <option value="offset">from offset</option>
        <option value="time">from time</option>
      </Select>
      {from.at === 'offset' && (
        <Input
          aria-label="Offset"
          inputMode="numeric"
          className="name w-32"
          defaultValue={from.offset}
          onChange={(event) => {
            const offset = Number(event.target.value)
            if (Number.isSafeInteger(offset) && offset >= 0) onChange({ at: 'offset', offset })
          }}
        />
      )}
      {from.at === 'time' && (
        <Input
          aria-label="Time"
          type="datetime-local"
          step="1"
          className="w-56"
          defaultValue={localTime(from.ms)}
          onChange={(event) => {
            const ms = new Date(event.target.value).getTime()
            if (Number.isFinite(ms)) onChange({ at: 'time', ms })
          }}
        />
      )}
    </>
  )
}

/** Milliseconds as the local time that a datetime-local input wants. */
function localTime(ms: number): string {
  const date = new Date(ms)
  return new Date(ms - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 19)
}
