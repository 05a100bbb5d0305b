namespace Cairn.Columns;

/// <summary>
/// The zones of a table's columns as a checkpoint has them, each chunk loaded when it is first needed. Any thread.
/// They are of the row groups as the checkpoint stores them: of a group that is loaded, its pages tell as much.
/// </summary>
/// <param name="columns">By column.</param>
internal sealed class ZoneMaps(IReadOnlyDictionary<int, Spine<Zone[]>> columns)
{
    /// <summary>No zones.</summary>
    public static ZoneMaps None { get; } = new(new Dictionary<int, Spine<Zone[]>>());

    /// <summary>What the checkpoint knows of a column in a row group.</summary>
    /// <exception cref="Primitives.CairnException">Corrupt, Unavailable.</exception>
    public Zone Of(int column, int group)
    {
        if (!columns.TryGetValue(column, out var chunks) || group / ZoneCodec.ZonesPerChunk >= chunks.Length)
        {
            return Zone.Unknown;
        }

        var zones = chunks[group / ZoneCodec.ZonesPerChunk];
        var at = group % ZoneCodec.ZonesPerChunk;
        return at < zones?.Length ? zones[at] : Zone.Unknown;
    }
}
