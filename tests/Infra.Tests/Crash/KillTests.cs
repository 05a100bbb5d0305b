using System.Buffers.Binary;
using Cairn.Embedded;
using Cairn.Infra.Tests.Local;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Infra.Tests.Crash;

/// <summary>
/// An acknowledged commit survives kill -9 at any moment; every commit applies whole and once. A process bursts commits from several
/// writers into a folder, writes checkpoints all the while, and is killed; then the memory is opened and compared with what was acknowledged, several
/// times over one folder.
/// </summary>
public sealed class KillTests
{
    private const int Folders = 4;
    private const int RunsPerFolder = 5;

    // docs/formats/log.md.
    private const int FirstGroupAt = 64;
    private const int GroupHeaderBytes = 24;
    private const int GroupLengthAt = 8;

    /// <summary>Set it to the printed seed to kill at the same moments again.</summary>
    private const string SeedVariable = "CAIRN_CRASH_SEED";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Kill_WhenWritersBurst_LosesNothingAcknowledgedAndAppliesNothingTwiceOrHalf()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable(SeedVariable), out var given) ? given : Random.Shared.Next(1_000_000);
        var (acknowledged, checkpoints) = (0, 0);
        for (var i = 0; i < Folders; i++)
        {
            using var folder = new TemporaryFolder();
            var (known, random) = (new Dictionary<BurstCommit, LogPosition>(), new Random(seed + i));
            for (var run = 0; run < RunsPerFolder; run++)
            {
                var what = $"{SeedVariable}={seed}, folder {i}, run {run}";
                try
                {
                    var added = await RunAndKillAsync(folder.Path, run, random);
                    TestContext.Current.TestOutputHelper?.WriteLine($"{what}: {added.Count} acknowledged");
                    acknowledged += added.Count;
                    TearTail(folder.Path, random);
                    checkpoints += Checkpoints(folder.Path).Count();
                    await CheckAsync(folder.Path, run, known, added);
                }
                catch (Exception failure) when (failure is not OperationCanceledException)
                {
                    throw new InvalidOperationException($"{what}: {failure.Message}", failure);
                }
            }
        }

        Assert.True(acknowledged > 0, $"{SeedVariable}={seed}: nothing was written, the test shows nothing");
        Assert.True(checkpoints >= Folders, $"{SeedVariable}={seed}: no checkpoint was written");
    }

    private static IEnumerable<string> Checkpoints(string folder) =>
        Directory.EnumerateFiles(folder, "*.json", SearchOption.AllDirectories).Where(static file => Path.GetFileName(Path.GetDirectoryName(file)) == "manifests");

    private static async Task<Dictionary<BurstCommit, LogPosition>> RunAndKillAsync(string folder, int run, Random random)
    {
        using var process = BurstProcess.Start(folder, run);

        // Mostly in the midst of writing; now and then while it opens the folder and replays.
        if (random.Next(8) > 0)
        {
            await process.Begun.WaitAsync(Patience, Cancelled);
        }

        // One run of each folder goes on until it has written a checkpoint, however slow the machine is.
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        patience.CancelAfter(Patience);
        while (run == 1 && !Checkpoints(folder).Any())
        {
            await Task.Delay(5, patience.Token);
        }

        await Task.Delay(random.Next(300), Cancelled);
        return await process.KillAsync(Cancelled);
    }

    // A kill seldom leaves half a group, since the kernel finishes the write; a power cut does. So one is added now and then.
    private static void TearTail(string folder, Random random)
    {
        var log = Directory.EnumerateFiles(folder, "0.log", SearchOption.AllDirectories).SingleOrDefault();
        if (log is null || new FileInfo(log).Length <= FirstGroupAt + GroupHeaderBytes || random.Next(3) > 0)
        {
            return;
        }

        using var file = File.Open(log, FileMode.Open);
        var group = new byte[GroupHeaderBytes];
        file.Position = FirstGroupAt;
        file.ReadExactly(group);
        var torn = new byte[random.Next(1, BinaryPrimitives.ReadInt32LittleEndian(group.AsSpan(GroupLengthAt)))];
        file.Position = FirstGroupAt;
        file.ReadExactly(torn);
        file.Seek(0, SeekOrigin.End);
        file.Write(torn);
    }

    private static async Task CheckAsync(string folder, int run, Dictionary<BurstCommit, LogPosition> known, Dictionary<BurstCommit, LogPosition> added)
    {
        await using var memory = EmbeddedMemory.Open(folder, EmbeddedOptions.Default);
        var space = await memory.OpenSpaceAsync(BurstProcess.Space, Cancelled);
        foreach (var (commit, position) in added)
        {
            known.Add(commit, position);
        }

        RequireState(space.Read(), known);
        RequireRemembered(space, added);
        await RepeatAsync(space, run, added);
        RequireState(space.Read(), known);
    }

    /// <summary>What was acknowledged is there, where it was acknowledged; whatever is there is whole, and was counted once.</summary>
    private static void RequireState(MemoryView view, Dictionary<BurstCommit, LogPosition> known)
    {
        foreach (var (commit, position) in known)
        {
            commit.RequireWhole(view, position);
        }

        var counted = new Dictionary<string, int>();
        var parts = 0;
        foreach (var commit in view.ListConcepts("part").GroupBy(part => part.Attributes["of"].AsString).Select(group => BurstCommit.Parse(group.Key)))
        {
            commit.RequireWhole(view, known.TryGetValue(commit, out var position) ? position : null);
            parts += commit.Parts;
            if (commit.Parts > 1)
            {
                var counter = BurstCommit.Counter(commit.Run, commit.Writer);
                counted[counter] = counted.GetValueOrDefault(counter) + 1;
            }
        }

        foreach (var (counter, commits) in counted)
        {
            Assert.Equal(BurstCommit.StrengthAfter(commits), view.Find(counter)?.Strength);
        }

        Assert.Equal(parts, view.ListConcepts("part").Count());
    }

    private static void RequireRemembered(EmbeddedSpace space, Dictionary<BurstCommit, LogPosition> added)
    {
        foreach (var (commit, position) in added.Where(item => item.Key.IsKeyed))
        {
            var outcome = space.FindCommit(commit.Key);
            Assert.Equal((OutcomeKind.Committed, position), (outcome?.Kind, outcome?.Position));
        }
    }

    /// <summary>A client that got no answer sends again what has its own id, and some that it was answered: each is applied once.</summary>
    private static Task RepeatAsync(EmbeddedSpace space, int run, Dictionary<BurstCommit, LogPosition> added) => Task.WhenAll(
        from writer in Enumerable.Range(0, BurstCommit.Writers)
        where space.Read().Find(BurstCommit.Counter(run, writer)) is not null
        let last = added.Keys.Where(commit => commit.Writer == writer).Select(commit => commit.Number).Append(-1).Max()
        from number in Enumerable.Range(0, last + 1 + BurstProcess.Lanes)
        let commit = new BurstCommit(run, writer, number)
        where commit.IsKeyed && (number % 16 == 0 || !added.ContainsKey(commit))
        select RepeatAsync(space, commit, added.TryGetValue(commit, out var position) ? position : null));

    private static async Task RepeatAsync(EmbeddedSpace space, BurstCommit commit, LogPosition? acknowledged)
    {
        var outcome = await space.CommitAsync(commit.Build(space), Cancelled);
        Assert.Equal(OutcomeKind.Committed, outcome.Kind);
        if (acknowledged is { } position)
        {
            Assert.Equal((true, position), (outcome.IsDuplicate, outcome.Position));
        }
    }
}
