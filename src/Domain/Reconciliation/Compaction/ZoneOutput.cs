using Cairn.Columns;
using Cairn.Formats.Segments;
using Cairn.Reconciliation.Checkpoints;
using Cairn.Snapshots.Checkpoints;

namespace Cairn.Reconciliation.Compaction;

/// <summary>Writes the zones of row groups that come one after the other. One thread.</summary>
internal sealed class ZoneOutput(RowsState rows, ChunkOutput output)
{
    private readonly (int Column, bool IsFloat)[] _columns = [.. ZonedColumns.Of(rows)];
    private readonly List<Zone[]> _zones = [];
    private int _chunk;

    /// <summary>Takes the next row group.</summary>
    public ValueTask AddAsync(RowGroup group, CancellationToken cancellationToken)
    {
        _zones.Add(Array.ConvertAll(_columns, column => Zone.Of(group[column.Column], column.IsFloat)));
        return _zones.Count == ZoneCodec.ZonesPerChunk ? FlushAsync(cancellationToken) : default;
    }

    /// <summary>Writes what is left.</summary>
    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        for (var i = 0; i < _columns.Length && _zones.Count > 0; i++)
        {
            var zones = _zones.ConvertAll(zones => zones[i]).ToArray();
            await output.AddAsync(new(SectionKind.ConceptZoneMaps, (uint)_columns[i].Column), _chunk, ZoneCodec.Write(zones), cancellationToken).ConfigureAwait(false);
        }

        _chunk++;
        _zones.Clear();
    }
}
