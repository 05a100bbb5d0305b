using System.Diagnostics;
using System.Text;
using Cairn.Diagnostics;
using Cairn.Primitives;

namespace Cairn.Functions.Telemetry;

/// <summary>Spans of what a space does, beside those of requests: they have their parents in the log. Any thread.</summary>
internal static class SpaceTraces
{
    /// <summary>The source's name, for those who listen.</summary>
    public const string Name = "Cairn.Space";

    private static readonly ActivitySource Source = new(Name);

    /// <summary>Commits of one trace became visible.</summary>
    public static void Reconciled(SpaceName space, ReadOnlySpan<byte> trace, int commits, DateTimeOffset now, TimeSpan duration)
    {
        if (!Source.HasListeners() || !ActivityContext.TryParse(Encoding.ASCII.GetString(trace), null, isRemote: true, out var parent))
        {
            return;
        }

        using var span = Source.StartActivity("cairn.reconcile", ActivityKind.Internal, parent, Tags(space, ("cairn.commits", commits)), startTime: now - duration);
        span?.SetEndTime(now.UtcDateTime);
    }

    /// <summary>A checkpoint was written; it has no parent.</summary>
    public static void Checkpointed(SpaceName space, in CheckpointReport checkpoint, DateTimeOffset now)
    {
        if (!Source.HasListeners())
        {
            return;
        }

        using var span = Source.StartActivity(
            "cairn.checkpoint",
            ActivityKind.Internal,
            default(ActivityContext),
            Tags(space, ("cairn.operations", checkpoint.Operations), ("cairn.written_bytes", checkpoint.WrittenBytes)),
            startTime: now - checkpoint.Duration);
        span?.SetEndTime(now.UtcDateTime);
    }

    private static IEnumerable<KeyValuePair<string, object?>> Tags(SpaceName space, params (string Name, object Value)[] more) =>
        [new("cairn.space", space.ToString()), .. more.Select(tag => new KeyValuePair<string, object?>(tag.Name, tag.Value))];
}
