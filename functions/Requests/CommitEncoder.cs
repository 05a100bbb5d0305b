using System.Text;
using Cairn.Formats;
using Cairn.Functions.Json;
using Cairn.Functions.Problems;
using Cairn.Functions.Telemetry;
using Cairn.Primitives;

namespace Cairn.Functions.Requests;

/// <summary>Turns JSON into commits: a tape and a writer that are used again. One thread at a time; disposing gives it back to its pool.</summary>
internal sealed class CommitEncoder(EncoderPool pool) : IDisposable
{
    private CommitWriter? _writer;
    private Incarnation _incarnation;

    public JsonTape Tape { get; } = new();

    /// <summary>Reads and encodes; a refusal of the writer is pinned to the node that was being written.</summary>
    /// <param name="incarnation">The life of the space.</param>
    /// <param name="write">Writes the commit.</param>
    /// <param name="origin">The event that it is from; null: it came another way.</param>
    /// <exception cref="ProblemException">What the caller has to mend.</exception>
    public EncodedCommit Encode(Incarnation incarnation, Action<CommitWriter> write, Origin? origin = null)
    {
        var writer = WriterOf(incarnation);
        (writer.Trace, writer.Origin) = (RequestTrace.Context, origin);
        try
        {
            write(writer);
            return writer.Finish();
        }
        catch (CairnException e) when (e.Kind == ErrorKind.Invalid)
        {
            throw Pin(e);
        }
    }

    private CommitWriter WriterOf(Incarnation incarnation)
    {
        if (_writer is null || incarnation != _incarnation)
        {
            (_writer, _incarnation) = (new(incarnation), incarnation);
        }

        return _writer;
    }

    private ProblemException Pin(CairnException e)
    {
        var problem = ProblemMap.Of(e);
        if (problem.Kind == ProblemKinds.TooLarge || Tape.Count == 0)
        {
            return new(problem);
        }

        var node = new JsonNode(Tape, Tape.Cursor);
        if (e.Field is { } field && node.Kind == JsonKind.Object && node.TryGet(Encoding.UTF8.GetBytes(field), out var blamed))
        {
            node = blamed;
        }

        return new(problem with { Pointer = node.Pointer, Parameter = null });
    }

    public void Dispose() => pool.Return(this);
}
