using Cairn.Primitives;

namespace Cairn.Reconciliation.Outcomes;

/// <summary>A sealed range. The records stand in other chunks than in memory, since those of both kinds go together.</summary>
internal sealed class SealedSource : OutcomeSource
{
    private readonly SealedOutcomes _outcomes;
    private readonly MergedCursor _cursor;

    public SealedSource(SealedOutcomes outcomes)
    {
        (_outcomes, _cursor) = (outcomes, new(outcomes.Given, outcomes.Made));
        Given = new((int)outcomes.Given.Sum(static run => run.Count));
        Made = new((int)outcomes.Made.Sum(static run => run.Count));
    }

    public override LogPosition After => _outcomes.After;

    public override LogPosition End => _outcomes.End;

    public override Timestamp ForgottenBefore => _outcomes.ForgottenBefore;

    public override OutcomeChunk? NextChunk()
    {
        OutcomeChunk? chunk = null;
        for (; _cursor.Next is { } next && TryAppend(ref chunk, next.Record); next.Advance())
        {
            (next.Record.IsGiven ? Given : Made).Add(new(next.Key, next.Position));
        }

        return chunk;
    }
}
