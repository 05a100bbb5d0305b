using System.Globalization;
using System.Text;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Reconciliation.Outcomes;

namespace Cairn.Domain.Tests.Reconciliation.Outcomes;

/// <summary>A random history of commits, and a memory that got them: what a test knows beside what the memory says.</summary>
internal sealed class OutcomeCommits(Random random, CommitMemory memory)
{
    public static readonly Timestamp Noon = Timestamp.From(new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero));
    public static readonly TimeSpan Window = TimeSpan.FromHours(1);
    private long _position;
    private int _file;

    public CommitMemory Memory { get; set; } = memory;

    public Timestamp Now { get; private set; } = Noon;

    public LogPosition Position => LogPosition.Of(_file, _position);

    /// <summary>All commits, in the order of the log.</summary>
    public List<(byte[] Id, bool Given, RememberedCommit Commit)> All { get; } = [];

    /// <summary>Adds a commit; some ids of callers come again once they are forgotten.</summary>
    public void Add(int mostResults = 3)
    {
        Now = Now.Plus(TimeSpan.FromMilliseconds(random.Next(60_000)));
        Memory.Advance(Now, Window);
        (_file, _position) = random.Next(1_000) == 0 ? (_file + 1, 64) : (_file, _position + random.Next(66, 500));
        var given = random.Next(2) == 0;
        var id = given ? Encoding.ASCII.GetBytes($"given-{random.Next(400)}") : Made();
        if (given && Memory.FindGiven(id) is not null)
        {
            return;
        }

        var commit = new RememberedCommit(Now, given ? (UInt128)random.NextInt64() << 60 : 0, Outcome(mostResults));
        All.Add((id, given, commit));
        if (given)
        {
            Memory.AddGiven(id, commit, Window);
        }
        else
        {
            Memory.AddMade(id, commit);
        }
    }

    public void AddMany(int count, int mostResults = 3)
    {
        for (var i = 0; i < count; i++)
        {
            Add(mostResults);
        }
    }

    private byte[] Made() => Encoding.ASCII.GetBytes(
        random.Next(20) == 0 ? $"made-{All.Count}" : Guid.CreateVersion7(Now.ToDateTimeOffset()).ToString("N", CultureInfo.InvariantCulture));

    private CommitOutcome Outcome(int mostResults) => random.Next(4) == 0
        ? new()
        {
            Kind = OutcomeKind.Rejected,
            Position = Position,
            Reason = (RejectionReason)random.Next(1, 8),
            Operation = random.Next(-1, Limits.Operations),
            Precondition = random.Next(-1, Limits.Preconditions),
        }
        : new() { Kind = OutcomeKind.Committed, Position = Position, Results = [.. Enumerable.Range(0, random.Next(mostResults + 1)).Select(_ => Result())] };

    private OperationResult Result() => new((Effect)random.Next(1, 6), random.Next(4) switch
    {
        0 => LogPosition.Zero,
        1 => new(random.NextInt64(Position.Value)),
        _ => Position,
    });
}
