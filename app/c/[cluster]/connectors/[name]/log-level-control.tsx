'use client'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { SlidersHorizontal } from 'lucide-react'
import { useState } from 'react'
import { troubleOf } from '#app/trouble.ts'
import { useTRPC } from '#app/trpc.ts'
import { Button } from '#components/ui/button.tsx'
import { Dialog } from '#components/ui/dialog.tsx'
import { Select } from '#components/ui/input.tsx'
import { Labelled } from '#components/ui/labelled.tsx'
import { useNow } from '#components/ui/use-now.ts'
import { type LogLevel, logLevels } from '#server/contract/connector.ts'
import { duration } from '#server/contract/duration.ts'

const times = [
  { seconds: 300, words: '5 minutes' },
  { seconds: 900, words: '15 minutes' },
  { seconds: 3_600, words: '1 hour' },
  { seconds: 28_800, words: '8 hours' },
]

/** What is logged of this connector for a while: chosen in a dialog, shown with the time that is left. */
export function LogLevelControl({ cluster, name }: { cluster: string; name: string }) {
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  const [open, setOpen] = useState(false)
  const [level, setLevel] = useState<LogLevel>('DEBUG')
  const [seconds, setSeconds] = useState(900)
  const now = useNow()
  const asked = trpc.connectors.logLevel.queryOptions({ cluster, name }, { refetchInterval: 10_000 })
  const current = useQuery(asked)
  const change = useMutation(
    trpc.connectors.setLogLevel.mutationOptions({
      onSuccess(set) {
        queryClient.setQueryData(asked.queryKey, set)
        setOpen(false)
      },
    }),
  )
  const left = current.data && now !== undefined ? current.data.until - now : 0
  return (
    <>
      {current.data && left > 0 && (
        <span role="status" className="flex items-center gap-2">
          <span>
            Logs {current.data.level} for <span className="num">{duration(left)}</span> more
          </span>
          <Button size="sm" busy={change.isPending} onClick={() => change.mutate({ cluster, name, set: null })}>
            Reset
          </Button>
        </span>
      )}
      <Button onClick={() => setOpen(true)}>
        <SlidersHorizontal aria-hidden="true" />
        Log level
      </Button>
      <Dialog
        open={open}
        onOpenChange={setOpen}
        title="Log more for a while"
        description="Sets what is logged of this connector and its tasks, on every worker. It goes back by itself."
        footer={
          <Button
            tone="primary"
            busy={change.isPending}
            onClick={() => change.mutate({ cluster, name, set: { level, forSeconds: seconds } })}
          >
            Set level
          </Button>
        }
      >
        <div className="mt-4 grid gap-3 sm:grid-cols-2">
          <Labelled label="Level">
            {(id) => (
              <Select id={id} value={level} onChange={({ target }) => setLevel(target.value as LogLevel)}>
                {logLevels.map((each) => (
                  <option key={each}>{each}</option>
                ))}
              </Select>
            )}
          </Labelled>
          <Labelled label="For">
            {(id) => (
              <Select id={id} value={seconds} onChange={({ target }) => setSeconds(Number(target.value))}>
                {times.map((time) => (
                  <option key={time.seconds} value={time.seconds}>
                    {time.words}
                  </option>
                ))}
              </Select>
            )}
          </Labelled>
        </div>
        {change.error && (
          <p role="alert" className="mt-3 text-failed">
            {troubleOf(change.error).message}
          </p>
        )}
      </Dialog>
    </>
  )
}
