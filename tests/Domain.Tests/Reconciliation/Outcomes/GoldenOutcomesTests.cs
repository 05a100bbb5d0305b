using System.Globalization;
using System.Text;
using Cairn.Domain.Tests.Architecture;
using Cairn.Domain.Tests.Formats.Segments;
using Cairn.Formats.Segments;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Reconciliation.Outcomes;

namespace Cairn.Domain.Tests.Reconciliation.Outcomes;

/// <summary>The bytes of version 1 of files of outcomes, and what they say. The files are never regenerated: see tests/Golden/README.md.</summary>
public sealed class GoldenOutcomesTests
{
    private const string Path = "tests/Golden/outcomes/v1/outcomes";
    private static readonly Timestamp Noon = OutcomeCommits.Noon;

    [Fact]
    public void Disassembly_OfGoldenBytes_IsTheGoldenText() => Assert.Equal(SourceTree.ReadText($"{Path}.txt"), Disassemble(Golden()));

    [Fact]
    public void Find_InGoldenBytes_FindsTheCommits()
    {
        var file = StoredOutcomes.Open(Golden(), new());
        file.LoadFilter();

        Assert.Equal(All().Count, file.ReadAfter(LogPosition.Zero).Count());
        foreach (var (id, given, commit) in All().Skip(1))
        {
            Assert.True(given
                ? file.MayHoldGiven(CommitKey.OfGiven(id)) & file.TryFindGiven(CommitKey.OfGiven(id), out var found)
                : file.TryFindMade(CommitKey.OfMade(id), out found));
            Assert.Equal(StoredOutcomes.Text(commit), StoredOutcomes.Text(found));
        }
    }

    // The chunks, not the file: a compressor may find fewer bytes for the same ones some day.
    [Fact]
    public async Task Chunks_WhenWrittenToday_AreTheGoldenOnes()
    {
        var memory = new CommitMemory(new KeyedHash(1)) { KeepsAll = true };
        foreach (var (id, given, commit) in All())
        {
            memory.Advance(commit.Time, TimeSpan.FromHours(1));
            if (given)
            {
                memory.AddGiven(id, commit, TimeSpan.FromHours(1));
            }
            else
            {
                memory.AddMade(id, commit);
            }
        }

        var today = await StoredOutcomes.WriteAsync(memory.Seal(LogPosition.Of(1, 9_000)));

        Assert.Equal(Chunks(Golden()), Chunks(today));
    }

    private static SegmentBytes Golden() => new(SourceTree.ReadBytes($"{Path}.out"));

    // The first id is forgotten when it comes again at the end; the made ones come in time's order, one of them of another form.
    private static List<(byte[] Id, bool Given, RememberedCommit Commit)> All()
    {
        var all = new List<(byte[] Id, bool Given, RememberedCommit Commit)>();
        var older = LogPosition.Of(0, 100);
        Add("order-1", true, 0, At(0, 200), Committed(At(0, 200), new OperationResult(Effect.Created, At(0, 200))));
        Add("0198f2a4c0de7000800000000000000a", false, 5, At(0, 400), Committed(At(0, 400), new OperationResult(Effect.Deleted, default)));
        Add("0198f2a4c0de7000800000000000000b", false, 5, At(0, 700), Committed(
            At(0, 700), new OperationResult(Effect.Created, At(0, 700)), new OperationResult(Effect.Updated, At(0, 700)), new OperationResult(Effect.Unchanged, older), new OperationResult(Effect.Unchanged, At(0, 200)), new OperationResult(Effect.Skipped, default)));
        Add("order-2", true, 61, At(0, 900), new() { Kind = OutcomeKind.Rejected, Position = At(0, 900), Reason = RejectionReason.Version, Precondition = 3 });
        Add("an id of another form", false, 62, At(0, 1_200), new() { Kind = OutcomeKind.Rejected, Position = At(0, 1_200), Reason = RejectionReason.Exists, Operation = 9_999 });
        Add("nothing", false, 62, At(1, 150), Committed(At(1, 150)));
        for (var i = 0; i < 40; i++)
        {
            Add($"0198f2a4c0de70018000000000{i:x6}", false, 100, At(1, 1_000 + (i * 150)), Committed(At(1, 1_000 + (i * 150)), new OperationResult(Effect.Updated, At(1, 1_000 + (i * 150)))));
        }

        Add("order-1", true, 4_000, At(1, 8_000), Committed(At(1, 8_000), new OperationResult(Effect.Updated, At(1, 8_000))));
        return all;

        void Add(string id, bool given, int seconds, LogPosition position, CommitOutcome outcome) => all.Add((
            Encoding.ASCII.GetBytes(id), given, new(Noon.Plus(TimeSpan.FromSeconds(seconds)), given ? CommitKey.Digest(BitConverter.GetBytes(position.Value)) : 0, outcome)));
    }

    private static LogPosition At(int file, long offset) => LogPosition.Of(file, offset);

    private static CommitOutcome Committed(LogPosition position, params OperationResult[] results) =>
        new() { Kind = OutcomeKind.Committed, Position = position, Results = results };

    private static List<string> Chunks(SegmentBytes bytes)
    {
        var (file, chunks) = (bytes.Open(), new List<string>());
        foreach (var section in file.Sections)
        {
            for (var i = 0; i < section.ChunkCount; i++)
            {
                var chunk = file.Chunk(section, i);
                chunks.Add($"{section.Id} {chunk.Number} {Convert.ToHexString(file.Read(chunk))}");
            }
        }

        return chunks;
    }

    private static string Disassemble(SegmentBytes bytes)
    {
        var (text, file) = (new StringBuilder(), StoredOutcomes.Open(bytes, new()));
        var (segment, range) = (bytes.Open(), file.Range);
        Line($"after {range.After}, end {range.End}, {range.FirstTime} to {range.LastTime}, forgotten before {range.ForgottenBefore}, {range.Commits} commits, {range.Given} given");
        foreach (var section in segment.Sections)
        {
            for (var i = 0; i < section.ChunkCount; i++)
            {
                var chunk = segment.Chunk(section, i);
                Line($"section {section.Id}{(section.Required ? " required" : "")}, chunk {chunk.Number}: {chunk.Method}, {chunk.StoredBytes} of {chunk.RawBytes} bytes");
                Contents(section.Id, segment.Read(chunk));
            }
        }

        return text.ToString();

        void Contents(SectionId id, byte[] raw)
        {
            if (id == OutcomeSections.Records)
            {
                file.ReadAfter(LogPosition.Zero).ToList().ForEach(commit => Line($"  {StoredOutcomes.Text(commit)}"));
            }
            else if (id == OutcomeSections.Filter)
            {
                Enumerable.Range(0, raw.Length / 2).Where(slot => BitConverter.ToUInt16(raw, slot * 2) != 0).ToList().ForEach(slot => Line($"  {slot}: {BitConverter.ToUInt16(raw, slot * 2):x4}"));
            }
            else if (id.Kind == SectionKind.CommitIds)
            {
                raw.Chunk(OutcomeSections.IdBytes).Select(static entry => CommitIdEntry.Read(entry)).ToList().ForEach(entry => Line($"  {entry.Key:x32} at {entry.Position}"));
            }
            else
            {
                raw.Chunk(16).ToList().ForEach(row => Line($"  {Convert.ToHexStringLower(row)}"));
            }
        }

        void Line(FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
    }
}
