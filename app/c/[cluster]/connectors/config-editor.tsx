'use client'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { PreviewPanel, TestPanel } from '#app/c/[cluster]/connectors/trial-panels.tsx'
import { Faces } from '#app/faces.tsx'
import { troubleOf } from '#app/trouble.ts'
import { useTRPC } from '#app/trpc.ts'
import { useCluster } from '#app/use-cluster.ts'
import { useDebounced } from '#app/use-debounced.ts'
import { ConfigForm, goToFirstError } from '#components/config-form/config-form.tsx'
import { FormFooter } from '#components/config-form/form-footer.tsx'
import { formModel } from '#components/config-form/form-model.ts'
import { NameField } from '#components/config-form/name-field.tsx'
import { isOfSink, withTopicChoices } from '#components/config-form/topic-choices.ts'
import type { Draft } from '#components/config-form/use-draft.ts'
import type { ConnectorConfig } from '#server/contract/connector.ts'
import { isKeptSecret } from '#server/contract/kept-secret.ts'

/**
 * The form of a connector, new or existing. Every pause in typing asks the cluster what it thinks of the whole config;
 * an answer to an older config is never shown, because each config is a query of its own.
 */
export function ConfigEditor({
  draft,
  current,
  takenNames = [],
  onReview,
  onCancel,
}: {
  draft: Draft
  /** What runs now; absent for a new connector. */
  current?: ConnectorConfig
  takenNames?: readonly string[]
  onReview: () => void
  onCancel: () => void
}) {
  const cluster = useCluster()
  const trpc = useTRPC()
  const resting = useDebounced(draft.config, 300)
  const plugin = resting['connector.class'] ?? ''
  const validation = useQuery(
    trpc.connectors.validate.queryOptions(
      { cluster, plugin, config: resting, ...(current ? { name: current.name ?? '' } : {}) },
      { placeholderData: keepPreviousData, refetchInterval: false, enabled: plugin !== '' },
    ),
  )
  const recordPlugins = useQuery(
    trpc.plugins.ofRecords.queryOptions({ cluster }, { staleTime: Number.POSITIVE_INFINITY, refetchInterval: false }),
  )
  const plugins = {
    entries: recordPlugins.data,
    trouble: recordPlugins.error ? troubleOf(recordPlugins.error) : null,
    retry: () => void recordPlugins.refetch(),
  }
  const name = draft.config.name ?? ''
  const checking = resting !== draft.config || validation.isPlaceholderData || validation.isFetching
  const isSink = isOfSink(validation.data)
  const topics = useQuery(trpc.topics.list.queryOptions({ cluster }, { refetchInterval: false }))
  const names = (topics.data ?? []).filter(({ internal }) => !internal).map(({ name: topic }) => topic)
  const infos = validation.data && withTopicChoices(validation.data, names.sort())
  const model = infos && formModel(infos, draft.config)
  const nameErrors = nameProblems(name, current ? [] : takenNames, model?.nameErrors)
  const errors = (model?.errorCount ?? 0) + (nameErrors.length > 0 ? 1 : 0)

  const tried = { config: draft.config, ...(current && { name: current.name ?? '' }) }
  const trials = { preview: <PreviewPanel {...tried} isSink={isSink} />, test: <TestPanel {...tried} /> }

  const review = () => {
    draft.touchAll()
    if (errors > 0 || checking) goToFirstError()
    else onReview()
  }

  return (
    <>
      {!current && (
        <NameField
          value={name}
          errors={draft.touched('name') || name !== '' ? nameErrors : []}
          onChange={(value) => (value === '' ? draft.remove('name') : draft.set('name', value))}
          onBlur={() => draft.touch('name')}
        />
      )}
      <Faces query={{ ...validation, data: infos }}>
        {(answer) => (
          <ConfigForm
            infos={answer}
            draft={draft}
            current={current}
            isKept={isKeptSecret}
            plugins={plugins}
            trials={trials}
          />
        )}
      </Faces>
      <FormFooter
        errors={errors}
        checking={checking && !validation.isError}
        blocked={draft.textError ? 'The JSON does not parse.' : undefined}
        action={current ? 'Review changes' : 'Review'}
        onAction={review}
        onCancel={onCancel}
      />
    </>
  )
}

function nameProblems(name: string, taken: readonly string[], told: string[] = []): string[] {
  if (name.trim() === '') return ['Please give the connector a name.']
  if (taken.includes(name)) return [`A connector called ${name} exists already.`]
  return told
}
