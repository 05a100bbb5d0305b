using Cairn.Primitives;

namespace Cairn.Reconciliation.Outcomes;

/// <summary>A range of outcomes on its way into a file: its records in the order of the log, and its ids. One thread.</summary>
internal abstract class OutcomeSource
{
    private byte[] _buffer = [];

    /// <summary>The range begins behind this position.</summary>
    public abstract LogPosition After { get; }

    /// <summary>It ends at this position.</summary>
    public abstract LogPosition End { get; }

    /// <summary>Ids given by callers before this instant were forgotten at the end.</summary>
    public abstract Timestamp ForgottenBefore { get; }

    /// <summary>Commits with ids that callers gave; all of them when there are no more chunks. The taker sorts them.</summary>
    public List<CommitIdEntry> Given { get; protected init; } = [];

    /// <summary>The same of the commits with ids that the service made.</summary>
    public List<CommitIdEntry> Made { get; protected init; } = [];

    /// <summary>The next records, as many as fit into a chunk; null: there are no more.</summary>
    public abstract OutcomeChunk? NextChunk();

    /// <summary>Adds a record behind others; false: a new chunk has to begin with it.</summary>
    protected bool TryAppend(ref OutcomeChunk? chunk, in OutcomeRecord record)
    {
        chunk ??= new(record.Position, record.Time);
        _buffer = _buffer.Length < record.MaxBytesAgain ? new byte[2 * record.MaxBytesAgain] : _buffer;
        return chunk.TryAdd(_buffer.AsSpan(0, record.WriteTo(_buffer, chunk.First, chunk.FirstTime)), key: default, record.Position, record.Time);
    }
}
