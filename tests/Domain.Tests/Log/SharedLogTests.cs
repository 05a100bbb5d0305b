using Cairn.Domain.Tests.Formats;
using Cairn.Formats;
using Cairn.Log;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Domain.Tests.Log;

/// <summary>Several processes append to one log.</summary>
public sealed class SharedLogTests
{
    private readonly LogFixture _fixture = new(maxAppendsPerFile: 6, isShared: true);
    private readonly List<string> _seen = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Append_WhenAnotherProcessAppendedBefore_SeesItsGroupsFirst()
    {
        await using var mine = await OpenAsync(_seen);
        await using var other = await _fixture.OpenAsync();
        var first = await AppendAsync(mine, "first");
        await AppendAsync(other, "a");
        await AppendAsync(other, "b", "c");

        var own = await AppendAsync(mine, "d");

        Assert.Equal(["a", "b", "c"], _seen);
        Assert.Equal(own.End, mine.End);
        Assert.True(GroupHeader.TryRead(own.Bytes.Span, out var header));
        Assert.Equal(first.End.Offset, header.VerifiedOffset);
        Assert.Equal(["first", "a", "b", "c", "d"], await ReplayAsync());
    }

    [Fact]
    public async Task Follow_WhenTheOthersRolledManyTimes_SeesAllInOrderAndNoRollFrame()
    {
        await using var mine = await OpenAsync(_seen);
        await using var other = await _fixture.OpenAsync();
        var ids = Enumerable.Range(0, 20).Select(i => $"c{i:00}").ToArray();
        foreach (var id in ids)
        {
            await AppendAsync(other, id);
        }

        await mine.FollowAsync(Token);

        Assert.True((await _fixture.FilesAsync()).Count > 3);
        Assert.Equal(ids, _seen);
        Assert.Equal(other.End, mine.End);
        await mine.FollowAsync(Token);
        Assert.Equal(ids, _seen);
    }

    [Fact]
    public async Task Follow_WhenTheSpaceHasNoLogYet_FindsItLater()
    {
        await using var mine = await OpenAsync(_seen);
        await using var other = await _fixture.OpenAsync();
        await mine.FollowAsync(Token);
        Assert.Empty(_seen);

        await AppendAsync(other, "a");
        await mine.FollowAsync(Token);

        Assert.Equal(["a"], _seen);
    }

    [Fact]
    public async Task Append_WhenAnotherProcessRolledBeforeIt_GoesIntoTheNextFileOnce()
    {
        await using var mine = await OpenAsync(_seen);
        await AppendAsync(mine, "first");
        await using var other = await _fixture.OpenAsync();
        for (var i = 0; i < 13; i++)
        {
            await AppendAsync(other, $"o{i}");
        }

        var before = (await _fixture.ReadAsync(0)).Length;
        var own = await AppendAsync(mine, "late");

        Assert.Equal(other.End.File, own.File);
        Assert.True((await _fixture.ReadAsync(0)).Length > before, "it stood behind the roll frame at first");
        Assert.Single(await ReplayAsync(), "late");
        Assert.Equal(13, _seen.Count);
    }

    [Fact]
    public async Task Append_WhenTheAnswerIsLost_FindsItsOwnGroup()
    {
        var store = new Faults();
        _fixture.Wrap = store.Around;
        await using var mine = await OpenAsync(_seen);
        _fixture.Wrap = static plain => plain;
        await using var other = await _fixture.OpenAsync();
        await AppendAsync(mine, "a");
        store.Before = () => AppendAsync(other, "b").AsTask();
        store.LoseAnswer = true;

        var own = await AppendAsync(mine, "c", "d");

        Assert.Equal(["b"], _seen);
        Assert.Equal(["c", "d"], Ids(own));
        store.LoseAnswer = false;
        await AppendAsync(mine, "e");
        Assert.Equal(["b"], _seen);
        Assert.Equal(["a", "b", "c", "d", "e"], await ReplayAsync());
    }

    [Fact]
    public async Task Append_WhenTheRequestIsLost_IsUnknownAndMayArriveLater()
    {
        var store = new Faults { LoseRequest = true };
        _fixture.Wrap = store.Around;
        await using var mine = await OpenAsync(_seen);
        Assert.Equal(ErrorKind.Unknown, await FailureAsync(mine, "late"));
        store.LoseRequest = false;

        var own = await AppendAsync(mine, "a");
        await store.ArriveAsync();
        await AppendAsync(mine, "b");

        Assert.NotEqual(store.LostWriter, Frames(own)[0].View.Writer);
        Assert.Equal(["late"], _seen);
        Assert.Equal(["a", "late", "b"], await ReplayAsync());
    }

    [Fact]
    public async Task Append_WhenTheStoreWroteItTwice_CountsTheFirst()
    {
        var store = new Faults { WriteTwice = true };
        _fixture.Wrap = store.Around;
        await using var mine = await OpenAsync(_seen);

        var own = await AppendAsync(mine, "a");
        store.WriteTwice = false;
        await AppendAsync(mine, "b");

        Assert.Equal(LogFileHeader.LengthBytes, own.Offset);
        Assert.Equal(["a"], _seen);
        Assert.Equal(["a", "a", "b"], await ReplayAsync());
    }

    [Theory]
    [InlineData(ErrorKind.Unavailable)]
    [InlineData(ErrorKind.NotFound)]
    public async Task Append_WhenWhatIsBeforeItCannotBeRead_IsUnknownAndSeenLater(ErrorKind failure)
    {
        var store = new Faults();
        _fixture.Wrap = store.Around;
        await using var mine = await OpenAsync(_seen);
        await AppendAsync(mine, "a");
        _fixture.Wrap = static plain => plain;
        await using var other = await _fixture.OpenAsync();
        await AppendAsync(other, "b");
        store.FailReads = failure;
        Assert.Equal(ErrorKind.Unknown, await FailureAsync(mine, "c"));
        store.FailReads = null;

        await AppendAsync(mine, "d");

        Assert.Equal(["b", "c"], _seen);
        Assert.Equal(["a", "b", "c", "d"], await ReplayAsync());
    }

    [Fact]
    public async Task Append_WhenAnotherProcessSealed_IsNotFoundAndCountsNot()
    {
        await using var mine = await OpenAsync(_seen);
        await AppendAsync(mine, "a");
        await using var other = await _fixture.OpenAsync();
        await other.AppendSystemAsync(FrameKind.Seal, default, Commits.Noon, Token);

        Assert.Equal(ErrorKind.NotFound, await FailureAsync(mine, "b"));
        Assert.Equal(ErrorKind.NotFound, await FailureAsync(mine, "c"));
        Assert.Equal(["a"], await ReplayAsync());
    }

    [Fact]
    public async Task Follow_WhenAnotherProcessSealed_IsNotFoundEachTime()
    {
        await using var mine = await OpenAsync(_seen);
        await AppendAsync(mine, "a");
        await using var other = await _fixture.OpenAsync();
        await AppendAsync(other, "b");
        await other.AppendSystemAsync(FrameKind.Seal, default, Commits.Noon, Token);

        for (var look = 0; look < 2; look++)
        {
            var failure = await Assert.ThrowsAsync<CairnException>(async () => await mine.FollowAsync(Token));
            Assert.Equal((ErrorKind.NotFound, "unknown-space"), (failure.Kind, failure.Problem));
        }

        Assert.Equal("b", _seen[0]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    public async Task Append_WhenTheLogBehindItWasCollected_IsNotFoundAndMakesNoFileAnew(int ownAppends)
    {
        await using var mine = await OpenAsync(_seen);
        for (var i = 0; i < ownAppends; i++)
        {
            await AppendAsync(mine, $"m{i}");
        }

        await using var other = await _fixture.OpenAsync();
        for (var i = 0; i < 20; i++)
        {
            await AppendAsync(other, $"o{i}");
        }

        await other.DeleteFilesBeforeAsync(other.End.File, Token);

        Assert.Equal(ErrorKind.NotFound, await FailureAsync(mine, "late"));
        Assert.Equal([other.End.File], await _fixture.FilesAsync());
    }

    [Fact]
    public async Task Append_WhenTheClockIsFiveSecondsAhead_IsRefusedUntilTheStoreSaysOtherwise()
    {
        var store = new Faults { Lead = WriteLog.MaxClockLead + TimeSpan.FromMilliseconds(1) };
        _fixture.Wrap = store.Around;
        await using var mine = await OpenAsync(_seen);
        Assert.Equal(ErrorKind.Unavailable, await FailureAsync(mine, "a"));

        store.Lead = WriteLog.MaxClockLead;
        await AppendAsync(mine, "b");

        Assert.Equal(["b"], await ReplayAsync());
    }

    [Fact]
    public async Task LatestFirstSent_WhenTheClockIsNotTheStores_GoesByTheStores()
    {
        var store = new Faults();
        _fixture.Wrap = store.Around;
        await using var mine = await OpenAsync(_seen);
        var (now, hour, most) = (Commits.Noon.Plus(TimeSpan.FromDays(1)), TimeSpan.FromHours(1), WriteLog.MaxClockLead);
        Assert.Equal(now.Plus(most), mine.LatestFirstSent(now));

        store.Lead = -hour;
        Assert.Equal(now.Plus(hour + most), mine.LatestFirstSent(now));

        // That this process is ahead too far is found out by the append.
        store.Lead = hour;
        Assert.Equal(now, mine.LatestFirstSent(now));

        store.Lead = TimeSpan.Zero;
        await mine.AppendAsync(new[] { Commits.Ada("a") }, now.Plus(hour), Token);
        Assert.Equal(now.Plus(hour), mine.LatestFirstSent(now));
    }

    [Fact]
    public async Task Append_WhenACommitWasFirstSentLater_StampsItsGroupWithThat()
    {
        await using var mine = await OpenAsync(_seen);

        var group = await mine.AppendAsync(new[] { Commits.Ada("a"), Commits.Ada("b") }, Commits.Noon.Plus(TimeSpan.FromSeconds(-3)), Token);

        foreach (var frame in group)
        {
            Assert.Equal(Commits.Noon, frame.View.Time);
        }
    }

    [Fact]
    public async Task Follow_WhenWhatStandsThereIsNoGroup_IsCorruptAndNamesThePlace()
    {
        await using var mine = await OpenAsync(_seen);
        var own = await AppendAsync(mine, "a");
        var bytes = await _fixture.ReadAsync();
        await _fixture.ReplaceAsync([.. bytes, .. new byte[64]], file: 0);
        await using var other = new Faults().Around(_fixture.OpenStore());
        await other.AppendAsync(0, new byte[64], Token);

        var failure = await Assert.ThrowsAsync<CairnException>(async () => await mine.FollowAsync(Token));

        Assert.Equal(ErrorKind.Corrupt, failure.Kind);
        Assert.Contains($"offset {own.End.Offset}", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_WhenALaterRollWasInterrupted_ClosesTheFileBeforeItAppends()
    {
        await using (var other = await _fixture.OpenAsync())
        {
            await AppendAsync(other, "a");
        }

        await using (var store = _fixture.OpenStore())
        {
            var header = new byte[LogFileHeader.LengthBytes];
            new LogFileHeader(1, Commits.Incarnation, Commits.Noon).Write(header);
            await store.CreateFileAsync(1, header, Token);
        }

        await using var mine = await OpenAsync(_seen);
        var own = await AppendAsync(mine, "b");

        Assert.Equal(1, own.File);
        Assert.Equal(["a", "b"], await ReplayAsync());
    }

    [Fact]
    public async Task Append_WhenManyWritersRaceForManyFiles_KeepsEachGroupOnceAndAllAgree()
    {
        const int Writers = 4;
        var logs = new List<(WriteLog Log, List<string> Order)>();
        for (var i = 0; i < Writers; i++)
        {
            var order = new List<string>();
            logs.Add((await OpenAsync(order), order));
        }

        await Task.WhenAll(logs.Select((writer, w) => Task.Run(
            async () =>
            {
                for (var i = 0; i < 50; i++)
                {
                    foreach (var frame in Frames(await AppendAsync(writer.Log, $"w{w}-{i}")))
                    {
                        writer.Order.Add(LogFixture.Describe(frame).Split(' ')[2]);
                    }
                }
            },
            Token)));
        var expected = await ReplayAsync();
        foreach (var (log, order) in logs)
        {
            await log.FollowAsync(Token);
            Assert.Equal(expected, order);
            await log.DisposeAsync();
        }

        Assert.Equal(Writers * 50, expected.Distinct().Count());
    }

    private static List<LogFrame> Frames(LogGroup group)
    {
        var frames = new List<LogFrame>();
        foreach (var frame in group)
        {
            frames.Add(frame);
        }

        return frames;
    }

    private static string[] Ids(LogGroup group) => [.. LogFixture.Describe(group).Where(static frame => frame.Contains("Commit", StringComparison.Ordinal)).Select(static frame => frame.Split(' ')[2])];

    private static ValueTask<LogGroup> AppendAsync(WriteLog log, params string[] ids) =>
        log.AppendAsync(ids.Select(static id => Commits.Ada(id)).ToArray(), Commits.Noon, Token);

    private static async Task<ErrorKind> FailureAsync(WriteLog log, string id) =>
        (await Assert.ThrowsAsync<CairnException>(async () => await AppendAsync(log, id))).Kind;

    private async Task<WriteLog> OpenAsync(List<string> seen)
    {
        var log = await _fixture.OpenAsync(group => seen.AddRange(Ids(group)));
        log.Others = group =>
        {
            seen.AddRange(Ids(group));
            return ValueTask.CompletedTask;
        };
        return log;
    }

    // What a process sees that opens the log now.
    private async Task<string[]> ReplayAsync()
    {
        _fixture.Wrap = static plain => plain;
        await using var log = await _fixture.OpenAsync();
        try
        {
            await log.FollowAsync(Token);
        }
        catch (CairnException end) when (end.Kind == ErrorKind.NotFound)
        {
            // A seal: nothing comes behind it.
        }

        return _fixture.Ids;
    }

    private sealed class Faults
    {
        private ILogStore? _plain;
        private (int File, byte[] Bytes) _lost;

        public bool LoseAnswer { get; set; }

        public bool LoseRequest { get; set; }

        public bool WriteTwice { get; set; }

        public ErrorKind? FailReads { get; set; }

        public TimeSpan Lead { get; set; }

        public Func<Task>? Before { get; set; }

        public WriterId LostWriter => FrameView.Parse(_lost.Bytes.AsSpan(GroupHeader.HeaderBytes)).Writer;

        public ILogStore Around(ILogStore plain) => new Store(_plain = plain, this);

        public async Task ArriveAsync() => await _plain!.AppendAsync(_lost.File, _lost.Bytes, Token);

        private sealed class Store(ILogStore plain, Faults faults) : PassingLogStore(plain)
        {
            public override TimeSpan ClockLead => faults.Lead;

            public override async ValueTask<long> AppendAsync(int file, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
            {
                if (faults.LoseRequest)
                {
                    faults._lost = (file, bytes.ToArray());
                    throw new CairnException(ErrorKind.Unknown, "no answer");
                }

                await (faults.Before?.Invoke() ?? Task.CompletedTask);
                faults.Before = null;
                var offset = await base.AppendAsync(file, bytes, cancellationToken);
                offset = faults.WriteTwice ? await base.AppendAsync(file, bytes, cancellationToken) : offset;
                return faults.LoseAnswer ? throw new CairnException(ErrorKind.Unknown, "no answer") : offset;
            }

            public override ValueTask<int> ReadAsync(int file, long offset, Memory<byte> buffer, CancellationToken cancellationToken) => faults.FailReads is { } failure
                ? throw new CairnException(failure, "no answer")
                : base.ReadAsync(file, offset, buffer, cancellationToken);
        }
    }
}
