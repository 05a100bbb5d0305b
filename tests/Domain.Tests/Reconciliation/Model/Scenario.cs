using System.Collections.Immutable;
using System.Globalization;
using Cairn.Model;

namespace Cairn.Domain.Tests.Reconciliation.Model;

/// <summary>One step of a scenario.</summary>
/// <param name="Delay">How far the writers' clocks go on before it; may be negative.</param>
internal abstract record Step(TimeSpan Delay);

/// <summary>A writer appends a commit.</summary>
/// <param name="Delay">As for every step.</param>
/// <param name="Writer">Number of the writer.</param>
/// <param name="Id">The caller's id; null: the service makes one.</param>
/// <param name="Age">How long before its frame the commit was first sent.</param>
/// <param name="Commit">What it says.</param>
internal sealed record Send(TimeSpan Delay, int Writer, string? Id, TimeSpan Age, Commit Commit) : Step(Delay);

/// <summary>A caller sends a commit again that it sent with an id of its own: same id, same body, new frame.</summary>
/// <param name="Delay">As for every step.</param>
/// <param name="Writer">Number of the writer.</param>
/// <param name="Back">Which one, counted from the newest.</param>
/// <param name="Age">How long before its frame the commit was first sent.</param>
internal sealed record SendAgain(TimeSpan Delay, int Writer, int Back, TimeSpan Age) : Step(Delay);

/// <summary>An append that the SDK retried: the same frame once more.</summary>
/// <param name="Delay">As for every step.</param>
/// <param name="Back">Which frame, counted from the newest.</param>
internal sealed record RepeatFrame(TimeSpan Delay, int Back) : Step(Delay);

internal sealed record Configure(TimeSpan Delay, int Writer, SpaceSettings Settings) : Step(Delay);

/// <summary>A frame that only carries time.</summary>
internal sealed record Barrier(TimeSpan Delay, int Writer) : Step(Delay);

/// <summary>A writer purges what it took for expired, rightly or not.</summary>
internal sealed record Purge(TimeSpan Delay, int Writer, ImmutableList<string> Ids) : Step(Delay)
{
    public override string ToString() => $"Purge {string.Join(", ", Ids)} after {Delay}";
}

/// <summary>Publishes, compares everything, and keeps the snapshot to look at it again in the end.</summary>
internal sealed record TakeSnapshot() : Step(TimeSpan.Zero);

/// <summary>Moves values out of sparse chunks; nothing may change.</summary>
internal sealed record Compact(int RowGroups) : Step(TimeSpan.Zero);

/// <summary>Stores a checkpoint; or, if there is one, goes on with what is opened from it and the frames behind it.</summary>
/// <param name="Reopens">Goes on with the last one.</param>
/// <param name="Compacts">Leaves dead rows and unused keys out of the new one, and goes on with it.</param>
internal sealed record Store(bool Reopens, bool Compacts = false) : Step(TimeSpan.Zero);

internal sealed record Scenario(ImmutableList<Step> Steps)
{
    /// <summary>Smaller scenarios: long runs of steps left out first, then single ones, then parts of commits.</summary>
    public IEnumerable<Scenario> Simpler()
    {
        for (var length = Steps.Count / 2; length >= 1; length /= 2)
        {
            for (var at = 0; at + length <= Steps.Count; at += length)
            {
                yield return new(Steps.RemoveRange(at, length));
            }
        }

        for (var i = 0; i < Steps.Count; i++)
        {
            foreach (var simpler in Simpler(Steps[i]))
            {
                yield return new(Steps.SetItem(i, simpler));
            }
        }
    }

    public override string ToString() => string.Join(
        Environment.NewLine, Steps.Select((step, i) => string.Create(CultureInfo.InvariantCulture, $"  {i}: {step}")).Prepend(""));

    private static IEnumerable<Step> Simpler(Step step)
    {
        if (step is Send send)
        {
            foreach (var commit in send.Commit.Simpler())
            {
                yield return send with { Commit = commit };
            }
        }

        if (step.Delay != TimeSpan.Zero)
        {
            yield return step with { Delay = TimeSpan.Zero };
        }
    }
}
