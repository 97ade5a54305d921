'use client'
import { ArrowLeftRight, Plus, SearchX } from 'lucide-react'
import dynamic from 'next/dynamic'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { SavedViews } from '#app/c/[cluster]/connectors/saved-views.tsx'
import { Faces } from '#app/faces.tsx'
import { useBulk } from '#app/use-bulk.ts'
import { useCluster } from '#app/use-cluster.ts'
import { useConnectorActions } from '#app/use-connector-actions.ts'
import { useConnectors } from '#app/use-connectors.ts'
import { useLags } from '#app/use-lags.ts'
import { useThroughput } from '#app/use-throughput.ts'
import { type BulkAction, BulkBar } from '#components/connectors/bulk-bar.tsx'
import { connectorMenu } from '#components/connectors/connector-menu.ts'
import { type ConnectorRow, filterRows, withLags, withRates } from '#components/connectors/connector-row.ts'
import { ConnectorTable } from '#components/connectors/connector-table.tsx'
import { FilterBar } from '#components/connectors/filter-bar.tsx'
import { parseSorting, printSorting } from '#components/connectors/sorting.ts'
import { paths } from '#components/frame/paths.ts'
import { useUrlState } from '#components/frame/use-url-state.ts'
import { Button, ButtonLink } from '#components/ui/button.tsx'
import { Empty } from '#components/ui/empty.tsx'
import { PageTitle } from '#components/ui/page-title.tsx'

const BulkResult = dynamic(() => import('#components/connectors/bulk-result.tsx').then((it) => it.BulkResult))
const BulkDeleteDialog = dynamic(() =>
  import('#components/connectors/bulk-delete-dialog.tsx').then((it) => it.BulkDeleteDialog),
)
const DeleteDialog = dynamic(() => import('#components/connectors/delete-dialog.tsx').then((it) => it.DeleteDialog))

/** One line for each connector; filters, order and search stand in the URL. */
export default function ConnectorsPage() {
  const cluster = useCluster()
  const connectors = useConnectors(cluster)
  const create = (
    <ButtonLink tone="primary" href={paths.newConnector(cluster)}>
      <Plus aria-hidden="true" />
      New connector
    </ButtonLink>
  )
  return (
    <>
      <PageTitle title="Connectors">
        <SavedViews />
        {create}
      </PageTitle>
      <Faces query={connectors}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty icon={ArrowLeftRight} title="No connectors yet" action={create}>
              A connector copies records into Kafka or out of it. The home page has an example that starts with one
              click.
            </Empty>
          ) : (
            <List rows={rows} />
          )
        }
      </Faces>
    </>
  )
}

function List({ rows }: { rows: ConnectorRow[] }) {
  const cluster = useCluster()
  const url = useUrlState()
  const router = useRouter()
  const { run } = useConnectorActions(cluster)
  const bulk = useBulk(cluster)
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set())
  const [removing, setRemoving] = useState<string | null>(null)
  const [removingAll, setRemovingAll] = useState<readonly string[] | null>(null)

  const filter = {
    text: url.get('q') ?? '',
    state: url.get('state') ?? '',
    type: url.get('type') ?? '',
    plugin: url.get('plugin') ?? '',
    worker: url.get('worker') ?? '',
  }
  const throughput = useThroughput(cluster)
  const sorting = parseSorting(url.get('sort'))
  const [drawn, setDrawn] = useState<readonly string[]>([])
  const matching = filterRows(rows, filter)
  // To be sorted by, it has to be known of all.
  const lagged = matching.filter(
    ({ name, type }) => type === 'sink' && (sorting[0]?.id === 'lag' || drawn.includes(name)),
  )
  const lags = useLags(
    cluster,
    lagged.map(({ name }) => name),
  )
  const shown = withLags(withRates(matching, throughput), lags)
  const chosen = shown.filter((row) => selected.has(row.name)).map((row) => row.name)
  const select = (names: string[], on: boolean) =>
    setSelected((was) => {
      const next = new Set(was)
      for (const name of names) on ? next.add(name) : next.delete(name)
      return next
    })
  const perform = async (action: BulkAction, names: readonly string[]) => {
    const outcomes = await bulk.perform(action, names)
    // What is gone is chosen no more, also when another is made under its name.
    if (action === 'delete')
      select(
        outcomes.flatMap(({ name, ok }) => (ok ? [name] : [])),
        false,
      )
  }

  return (
    <>
      <FilterBar
        rows={rows}
        shown={shown.length}
        filter={filter}
        onChange={({ text, ...rest }) => url.set({ ...rest, ...(text === undefined ? {} : { q: text }) })}
      />
      {shown.length === 0 ? (
        <Empty
          icon={SearchX}
          title="No connector matches"
          action={
            <Button onClick={() => url.set({ q: null, state: null, type: null, plugin: null, worker: null })}>
              Clear the filters
            </Button>
          }
        />
      ) : (
        <ConnectorTable
          rows={shown}
          sorting={sorting}
          onSort={(sorting) => url.set({ sort: printSorting(sorting) })}
          selected={selected}
          onSelect={select}
          onVisible={setDrawn}
          hrefOf={(name) => paths.connector(cluster, name)}
          menuOf={({ name, health }) =>
            connectorMenu(health, {
              edit: () => router.push(paths.connector(cluster, name, 'config&edit=1')),
              pause: () => void run(name, { do: 'pause' }),
              resume: () => void run(name, { do: 'resume' }),
              stop: () => void run(name, { do: 'stop' }),
              restart: (options) => void run(name, { do: 'restart', ...options }),
              remove: () => setRemoving(name),
            })
          }
        />
      )}
      <BulkBar
        selected={chosen.length}
        busy={bulk.busy}
        onAction={(action) => (action === 'delete' ? setRemovingAll(chosen) : void perform(action, chosen))}
        onClear={() => setSelected(new Set())}
      />
      {removingAll && (
        <BulkDeleteDialog
          names={removingAll}
          onClose={() => setRemovingAll(null)}
          onDelete={() => {
            setRemovingAll(null)
            void perform('delete', removingAll)
          }}
        />
      )}
      {bulk.done && (
        <BulkResult
          done={bulk.done}
          busy={bulk.busy !== null}
          onRetry={(action, names) => void perform(action, names)}
          onClose={bulk.close}
        />
      )}
      {removing !== null && (
        <DeleteDialog
          name={removing}
          onClose={() => setRemoving(null)}
          onDelete={(name) => void run(name, { do: 'delete' }).then((done) => done && setRemoving(null))}
        />
      )}
    </>
  )
}
