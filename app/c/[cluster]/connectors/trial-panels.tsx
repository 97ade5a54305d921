'use client'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { troubleOf } from '#app/trouble.ts'
import { useTRPC } from '#app/trpc.ts'
import { useCluster } from '#app/use-cluster.ts'
import { PreviewView } from '#components/trial/preview-view.tsx'
import { TestView } from '#components/trial/test-view.tsx'
import { Button } from '#components/ui/button.tsx'
import { Failure } from '#components/ui/failure.tsx'
import type { ConnectorConfig } from '#server/contract/connector.ts'
import { usuallyPreviewed } from '#server/contract/preview.ts'

interface Tried {
  config: ConnectorConfig
  /** The connector whose secrets the form keeps. */
  name?: string
}

/** Tries the config of the form on records, as often as a person asks. */
export function PreviewPanel({ config, name, isSink }: Tried & { isSink: boolean }) {
  const cluster = useCluster()
  const preview = useMutation(useTRPC().connectors.preview.mutationOptions())
  const [byHand, setByHand] = useState(false)
  const [text, setText] = useState('')
  const records = byHand ? text.split('\n').filter((line) => line.trim() !== '') : undefined

  const run = () =>
    preview.mutate({
      cluster,
      plugin: config['connector.class'] ?? '',
      config,
      limit: usuallyPreviewed,
      ...(name !== undefined && { name }),
      ...(records && { records: records.slice(0, usuallyPreviewed).map((value) => ({ value })) }),
    })

  return (
    <div className="space-y-3 p-4">
      <p className="text-ink-soft">
        {isSink ? 'Takes the newest records of the topics' : 'Reads the first records of the source'} through
        converters, predicates and transforms. Nothing is written, and no offset is stored.
      </p>
      <label className="flex items-center gap-2">
        <input type="checkbox" checked={byHand} onChange={(event) => setByHand(event.target.checked)} />
        Records by hand
      </label>
      {byHand && (
        <label className="block">
          <span className="text-ink-soft text-xs">
            One value a line{isSink ? ', as it lies in the topic' : ', in JSON: a text stands in quotes'}
          </span>
          <textarea
            value={text}
            onChange={(event) => setText(event.target.value)}
            rows={4}
            spellCheck={false}
            className="name mt-1 block w-full rounded-md border border-line-strong bg-surface px-2 py-1 text-xs"
          />
        </label>
      )}
      <Button onClick={run} busy={preview.isPending} disabled={records?.length === 0}>
        {byHand ? 'Try these records' : 'Try it on records'}
      </Button>
      <div aria-live="polite">
        {preview.error && <Failure trouble={troubleOf(preview.error)} />}
        {preview.data && !preview.isPending && <PreviewView preview={preview.data} />}
      </div>
    </div>
  )
}

/** Tries whether the config of the form could work, from the worker. */
export function TestPanel({ config, name }: Tried) {
  const cluster = useCluster()
  const test = useMutation(useTRPC().connectors.testConnection.mutationOptions())
  const run = () =>
    test.mutate({ cluster, plugin: config['connector.class'] ?? '', config, ...(name !== undefined && { name }) })
  return (
    <div className="space-y-3 p-4">
      <p className="text-ink-soft">
        A worker tries to find, reach and sign in to Kafka and to the connector's own system, one step after the other,
        without side effects.
      </p>
      <Button onClick={run} busy={test.isPending}>
        Test the connection
      </Button>
      <div aria-live="polite">
        {test.error && <Failure trouble={troubleOf(test.error)} />}
        {test.data && !test.isPending && <TestView test={test.data} onField={goToField} />}
      </div>
    </div>
  )
}

/** Brings a field of the form into sight and puts the cursor there. */
function goToField(name: string): void {
  const input = document.querySelector<HTMLElement>(
    `[data-field="${CSS.escape(name)}"] :is(input, select, textarea, button)`,
  )
  input?.scrollIntoView({ block: 'center' })
  input?.focus({ preventScroll: true })
}
