using System.Buffers.Binary;
using Cairn.Columns;
using Cairn.Formats.Segments;
using Cairn.Indexes;
using Cairn.Primitives;
using Cairn.Reconciliation.Checkpoints;
using Cairn.Snapshots;
using Cairn.Snapshots.Checkpoints;

namespace Cairn.Reconciliation.Compaction;

/// <summary>
/// Writes a checkpoint of the same state with fewer rows: those of dead concepts and associations are left out, and keys and texts that nothing refers to. Rows and keys
/// keep their order and get new numbers, without gaps. All else is equal, so that replay goes on alike from either.
/// </summary>
/// <remarks>
/// Reads a capture only, beside readers and writers. What has to be loaded for it does not stay in memory; while it works it takes some 1.5 bits a row, 12 bytes
/// a kept key or association, 4 a concept, and 24 for each end of an association since the previous checkpoint.
/// </remarks>
internal sealed class CompactedSections
{
    private readonly CheckpointCapture _capture;
    private readonly Snapshot _snapshot;
    private readonly StoredCheckpoint? _previous;
    private readonly ChunkOutput _output;
    private readonly CancellationToken _cancellationToken;
    private readonly KeptRows _kept;
    private readonly RowRewriter _concepts;
    private readonly RowRewriter _associations;
    private readonly KeptKeys _labels;
    private readonly KeptKeys _labelSets;
    private readonly KeptKeys _mediaTypes;
    private readonly KeptKeys _types;
    private readonly KeptKeys _keys;

    private CompactedSections(CheckpointCapture capture, StoredCheckpoint? previous, ChunkOutput output, CancellationToken cancellationToken)
    {
        (_capture, _snapshot, _previous, _output, _cancellationToken) = (capture, capture.Snapshot, previous, output, cancellationToken);
        _kept = KeptRows.Of(_snapshot, cancellationToken);
        Invariant.Require(_kept.Associations.Count == _snapshot.AssociationCount, "another number of associations is kept than live");
        var rows = capture.Rows.ToArray();
        _concepts = new(rows[0], _kept.Concepts, ofConcepts: true, _snapshot);
        _associations = new(rows[1], _kept.Associations, ofConcepts: false, _snapshot);
        (_labels, _labelSets, _mediaTypes) = (KeysOf(StoredTables.Labels), KeysOf(StoredTables.LabelSets), KeysOf(StoredTables.MediaTypes));
        (_types, _keys) = (KeysOf(StoredTables.Types), KeysOf(StoredTables.Keys));
    }

    /// <summary>Writes all sections but the state.</summary>
    /// <param name="capture">The state.</param>
    /// <param name="previous">The checkpoint that the capture's rows are numbered like; null: none.</param>
    /// <param name="hashKey">That of the space.</param>
    /// <param name="output">Takes the chunks.</param>
    /// <param name="cancellationToken">Ends the writing.</param>
    /// <returns>The small parts.</returns>
    public static async ValueTask<CheckpointState> WriteAsync(
        CheckpointCapture capture, StoredCheckpoint? previous, ulong hashKey, ChunkOutput output, CancellationToken cancellationToken)
    {
        var sections = new CompactedSections(capture, previous, output, cancellationToken);
        sections.Note();
        return await sections.WriteAsync(capture.State(hashKey)).ConfigureAwait(false);
    }

    private KeptKeys KeysOf(uint table) => new(_capture.Tables[(int)table].Extent.Count);

    private void Note()
    {
        _concepts.Renumber(ConceptColumn.LabelSet, cell => _labelSets.Note((int)cell), cell => _labelSets[(int)cell]);
        _concepts.Renumber(ConceptColumn.MediaType, cell => _mediaTypes.Note((int)cell), cell => _mediaTypes[(int)cell]);
        _concepts.Note(_cancellationToken);
        NoteLabels();
        _associations.Renumber(AssociationColumn.Type, cell => _types.Note((int)cell), cell => _types[(int)cell]);
        _associations.Renumber(AssociationColumn.Key, cell => _keys.Note((int)cell), cell => _keys[(int)cell]);
        _associations.Renumber(AssociationColumn.Source, cell => _kept.Concepts[(int)cell]);
        _associations.Renumber(AssociationColumn.Target, cell => _kept.Concepts[(int)cell]);

        // Number 0 is the empty key, which no cell says.
        _keys.Note(0);
        _associations.Note(_cancellationToken);
        foreach (var keys in new[] { _labels, _labelSets, _mediaTypes, _types, _keys })
        {
            keys.Number();
        }
    }

    private void NoteLabels()
    {
        var sets = new KeyScan(_snapshot.LabelSets);
        for (var set = 0; set < _capture.Tables[(int)StoredTables.LabelSets].Extent.Count; set++)
        {
            if (_labelSets.IsNoted(set))
            {
                for (var labels = sets[set]; !labels.IsEmpty; labels = labels[sizeof(int)..])
                {
                    _labels.Note(BinaryPrimitives.ReadInt32LittleEndian(labels));
                }
            }
        }
    }

    private async ValueTask<CheckpointState> WriteAsync(CheckpointState before)
    {
        var (previous, segments) = (_previous?.State, _previous?.Segments ?? SegmentSet.Empty);
        var keys = new KeyTableExtent[StoredTables.Count];
        keys[StoredTables.Ids] = await WriteIdsAsync().ConfigureAwait(false);
        keys[StoredTables.Labels] = await WriteKeysAsync(StoredTables.Labels, _labels).ConfigureAwait(false);
        keys[StoredTables.LabelSets] = await WriteKeysAsync(StoredTables.LabelSets, _labelSets, RenumberLabels).ConfigureAwait(false);
        keys[StoredTables.MediaTypes] = await WriteKeysAsync(StoredTables.MediaTypes, _mediaTypes).ConfigureAwait(false);
        keys[StoredTables.Types] = await WriteKeysAsync(StoredTables.Types, _types).ConfigureAwait(false);
        keys[StoredTables.Keys] = await WriteKeysAsync(StoredTables.Keys, _keys).ConfigureAwait(false);
        await _concepts.WriteAsync(segments, _output, written: null, _cancellationToken).ConfigureAwait(false);
        await WriteAssociationsAsync(segments).ConfigureAwait(false);
        await AdjacencySections.WriteKeptAsync(_snapshot, previous, segments, _output, _kept, _cancellationToken).ConfigureAwait(false);
        await OrderSection.WriteKeptAsync(_snapshot, previous?.Concepts.RowCount ?? 0, segments, _output, _kept.Concepts, _cancellationToken).ConfigureAwait(false);
        await _output.FlushAsync(_cancellationToken).ConfigureAwait(false);
        return before with
        {
            HoldsForgotten = false,
            Concepts = _concepts.State,
            Associations = _associations.State,
            AdjacencyRows = _kept.Concepts.Count,
            Keys = keys,
            ImpliedDegrees = [.. before.ImpliedDegrees.Select(implied => KeyValuePair.Create(_kept.Concepts[implied.Key], implied.Value))],
        };
    }

    private async ValueTask WriteAssociationsAsync(SegmentSet segments)
    {
        var slots = new HashSlots(_kept.Associations.Count);
        await _associations.WriteAsync(segments, _output, (group, row) => slots.Add(_snapshot.Shared.Hash(AssociationEnds.Of(group, row % Page.Rows)), row), _cancellationToken).ConfigureAwait(false);
        await slots.WriteAsync(SectionKind.OfAssociations, _output, _cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<KeyTableExtent> WriteIdsAsync()
    {
        var (ids, scan) = (NewTable(StoredTables.Ids, _kept.Concepts.Count), new KeyScan(_snapshot.Ids));
        for (var row = 0; row < _snapshot.ConceptRows; row++)
        {
            if (_kept.Concepts[row] >= 0)
            {
                ids.Add(scan[row]);
                await ids.FlushAsync().ConfigureAwait(false);
            }
        }

        await ids.FinishAsync().ConfigureAwait(false);
        return ids.Extent;
    }

    private async ValueTask<KeyTableExtent> WriteKeysAsync(uint table, KeptKeys kept, Func<byte[], byte[]>? change = null)
    {
        var (captured, output) = (_capture.Tables[(int)table], NewTable(table, kept.Count));
        var scan = new KeyScan(captured.Table);
        for (var key = 0; key < captured.Extent.Count; key++)
        {
            if (kept[key] >= 0)
            {
                output.Add(change is null ? scan[key] : change(scan[key].ToArray()));
                await output.FlushAsync().ConfigureAwait(false);
            }
        }

        await output.FinishAsync().ConfigureAwait(false);
        return output.Extent;
    }

    private KeyTableOutput NewTable(uint table, int count) => new(table, count, _snapshot.KeyedHash, _output, _cancellationToken);

    private byte[] RenumberLabels(byte[] set)
    {
        for (var at = 0; at < set.Length; at += sizeof(int))
        {
            BinaryPrimitives.WriteInt32LittleEndian(set.AsSpan(at), _labels[BinaryPrimitives.ReadInt32LittleEndian(set.AsSpan(at))]);
        }

        return set;
    }
}
