using Cairn.Domain.Tests.Formats;
using Cairn.Formats;
using Cairn.Log;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Domain.Tests.Log;

public sealed class WriteLogTests
{
    private readonly LogFixture _fixture = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Open_WhenNew_IsEmptyAndMakesNoFile()
    {
        await using var log = await _fixture.OpenAsync();

        Assert.Equal(LogPosition.Zero, log.End);
        Assert.Equal(0, log.Bytes);
        Assert.Empty(await _fixture.FilesAsync());
    }

    [Fact]
    public async Task Append_WhenReopened_ReplaysTheSameFramesAtTheSamePositions()
    {
        var written = await _fixture.WriteAsync(clean: true, ["a", "b"], ["c"]);
        var frames = written.SelectMany(LogFixture.Describe).ToArray();

        await using var log = await _fixture.OpenAsync();

        Assert.Equal(frames, _fixture.Replayed.Take(3));
        Assert.EndsWith("Barrier", _fixture.Replayed[3], StringComparison.Ordinal);
        Assert.Equal(4, _fixture.Replayed.Count);
        Assert.Equal(log.End.Offset, (await _fixture.ReadAsync()).Length);
        Assert.Equal(log.Bytes, log.End.Offset);
    }

    [Fact]
    public async Task Append_WhenSeveralGroups_StampsWriterSequenceTimeAndVerifiedOffset()
    {
        var log = await _fixture.OpenAsync();
        var first = await log.AppendAsync(new[] { Commits.Ada("a"), Commits.Ada("b") }, Commits.Noon, Token);
        var second = await log.AppendSystemAsync(FrameKind.Configuration, SettingsCodec.Write(SpaceSettings.Default), Commits.Noon, Token);

        ulong expected = 1;
        foreach (var group in new[] { first, second })
        {
            Assert.True(GroupHeader.TryRead(group.Bytes.Span, out var header));
            Assert.Equal(group.Offset, header.VerifiedOffset);
            Assert.Equal(group.Bytes.Length, header.LengthBytes);
            Assert.Equal(group.FrameCount, header.FrameCount);
            foreach (var frame in group)
            {
                var view = FrameView.Parse(frame.Bytes.Span);
                Assert.Equal((new WriterId(1), expected++, Commits.Noon), (view.Writer, view.Sequence, view.Time));
            }
        }

        Assert.Equal(second.End, log.End);
        Assert.Equal(first.Offset + first.Bytes.Length, second.Offset);
    }

    [Fact]
    public async Task Append_WhenTheNextOneIsUnderWay_LeavesTheGroupReadable()
    {
        var log = await _fixture.OpenAsync();
        var first = await log.AppendAsync(new[] { Commits.Ada("a") }, Commits.Noon, Token);
        var copy = first.Bytes.ToArray();
        await log.AppendAsync(new[] { Commits.Ada("b") }, Commits.Noon, Token);

        Assert.Equal(copy, first.Bytes.ToArray());
    }

    [Fact]
    public async Task Append_WhenTheNextOneFailed_LeavesTheGroupReadableDuringTheOneAfter()
    {
        var store = new FailingStore();
        _fixture.Wrap = store.Around;
        var log = await _fixture.OpenAsync();
        var group = await log.AppendAsync(new[] { Commits.Ada("a") }, Commits.Noon, Token);
        var copy = group.Bytes.ToArray();
        for (var i = 0; i < 3; i++)
        {
            store.Next = new(ErrorKind.Unavailable, "disk full");
            Assert.Equal(ErrorKind.Unavailable, await FailureAsync(log, "b"));
        }

        await log.AppendAsync(new[] { Commits.Ada("c") }, Commits.Noon, Token);

        Assert.Equal(copy, group.Bytes.ToArray());
    }

    [Fact]
    public async Task Dispose_WhenNothingWasAppendedSinceABarrier_AppendsNoOther()
    {
        await _fixture.WriteAsync(clean: true, ["a"]);
        var before = await _fixture.ReadAsync();
        await (await _fixture.OpenAsync()).DisposeAsync();

        Assert.Equal(before, await _fixture.ReadAsync());
    }

    [Theory]
    [InlineData(700, int.MaxValue)]
    [InlineData(1 << 20, 4)]
    [InlineData(1, int.MaxValue)]
    public async Task Append_WhenFileIsFull_RollsAndReplaysAcrossFiles(long maxFileBytes, int maxAppends)
    {
        var fixture = new LogFixture(maxAppends, maxFileBytes);
        var ids = Enumerable.Range(0, 20).Select(i => $"c{i}").ToArray();
        await fixture.WriteAsync(clean: true, [.. ids.Select(id => new[] { id })]);
        var files = await fixture.FilesAsync();

        await using var log = await fixture.OpenAsync();

        Assert.True(files.Count > 3);
        Assert.Equal(Enumerable.Range(0, files.Count), files);
        Assert.Equal(files.Skip(1), fixture.Rolls);
        Assert.Equal(ids, fixture.Ids);
        Assert.Equal(files.Count - 1, fixture.Replayed.Count(frame => frame.EndsWith("Roll", StringComparison.Ordinal)));
        Assert.Equal(fixture.Replayed.Order(Comparer<string>.Create((a, b) => Position(a).CompareTo(Position(b)))), fixture.Replayed);
        Assert.Equal(files[^1], log.End.File);
        foreach (var file in files)
        {
            Assert.InRange(CountGroups(await fixture.ReadAsync(file)), 1, maxAppends);
        }
    }

    [Fact]
    public async Task Append_WhenItRollsOrCloses_AddsNoFrameThatMovesTheLogClock()
    {
        var fixture = new LogFixture(maxFileBytes: 300);
        var log = await fixture.OpenAsync();
        var times = new List<Timestamp>();
        for (var i = 0; i < 3; i++)
        {
            await log.AppendAsync(new[] { Commits.Ada() }, Commits.Noon.Plus(TimeSpan.FromHours(i)), Token);
        }

        await log.DisposeAsync();
        await fixture.OpenAsync(group =>
        {
            foreach (var frame in group)
            {
                times.Add(frame.View.Time);
            }
        });

        Assert.Equal([0, 0, 1, 1, 2, 2], times.Select(time => time.Since(Commits.Noon).TotalHours));
        Assert.Equal(["Commit", "Roll", "Commit", "Roll", "Commit", "Barrier"], fixture.Replayed.Select(frame => frame.Split(' ')[1]));
    }

    [Fact]
    public async Task Append_WhenReopenedBetween_GoesOnInTheSameFile()
    {
        for (var i = 0; i < 3; i++)
        {
            await _fixture.WriteAsync(clean: i != 1, [$"c{i}"]);
        }

        await _fixture.OpenAsync();

        Assert.Equal(["c0", "c1", "c2"], _fixture.Ids);
        Assert.Equal([0], await _fixture.FilesAsync());
    }

    [Fact]
    public async Task Append_WhenUnavailable_KeepsNothingAndGoesOn()
    {
        var store = new FailingStore();
        _fixture.Wrap = store.Around;
        var log = await _fixture.OpenAsync();
        await log.AppendAsync(new[] { Commits.Ada("a") }, Commits.Noon, Token);
        store.Next = new(ErrorKind.Unavailable, "disk full");

        await Assert.ThrowsAsync<CairnException>(async () => await log.AppendAsync(new[] { Commits.Ada("b") }, Commits.Noon, Token));
        var group = await log.AppendAsync(new[] { Commits.Ada("c") }, Commits.Noon, Token);

        Assert.Equal(2ul, FrameView.Parse(group.Bytes.Span[GroupHeader.HeaderBytes..]).Sequence);
        await log.DisposeAsync();
        await _fixture.OpenAsync();
        Assert.Equal(["a", "c"], _fixture.Replayed.Take(2).Select(frame => frame.Split(' ')[2]));
    }

    [Fact]
    public async Task Append_WhenOutcomeIsUnknown_RefusesEverythingAfter()
    {
        var store = new FailingStore();
        _fixture.Wrap = store.Around;
        var log = await _fixture.OpenAsync();
        store.Next = new(ErrorKind.Unknown, "lost answer");

        Assert.Equal(ErrorKind.Unknown, await FailureAsync(log, "a"));
        Assert.Equal(ErrorKind.Fenced, await FailureAsync(log, "b"));
        await log.DisposeAsync();
        Assert.True(store.IsDisposed);
        await _fixture.OpenAsync();
        Assert.Empty(_fixture.Replayed);
    }

    [Fact]
    public async Task Append_WhenTwelveHoursIdle_TakesANewWriterId()
    {
        await using var log = await new LogFixture().OpenAsync();
        var times = new[] { 0, 11, 22, 34 }.Select(hours => Commits.Noon.Plus(TimeSpan.FromHours(hours)));
        var seen = new List<(WriterId Writer, ulong Sequence)>();

        foreach (var time in times)
        {
            var group = await log.AppendAsync(new[] { Commits.Ada("a"), Commits.Ada("b") }, time, Token);
            foreach (var frame in group)
            {
                seen.Add((frame.View.Writer, frame.View.Sequence));
            }
        }

        Assert.Equal([1, 2, 3, 4, 5, 6, 1, 2], seen.Select(frame => frame.Sequence));
        Assert.Single(seen.Take(6).Select(frame => frame.Writer).Distinct());
        Assert.NotEqual(seen[0].Writer, seen[6].Writer);
    }

    [Fact]
    public async Task Append_WhenAnotherWriterCameBetween_IsUnknownThenFenced()
    {
        var store = new FailingStore();
        _fixture.Wrap = store.Around;
        var log = await _fixture.OpenAsync();
        await log.AppendAsync(new[] { Commits.Ada("a") }, Commits.Noon, Token);
        await store.Inner!.AppendAsync(0, new byte[] { 1 }, Token);

        Assert.Equal(ErrorKind.Unknown, await FailureAsync(log, "b"));
        Assert.Equal(ErrorKind.Fenced, await FailureAsync(log, "c"));
    }

    [Fact]
    public async Task Append_WhenCancelledBefore_SendsNothing()
    {
        await using var log = await _fixture.OpenAsync();
        using var source = new CancellationTokenSource();
        await log.AppendAsync(new[] { Commits.Ada("a") }, Commits.Noon, Token);
        var end = log.End;
        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await log.AppendAsync(new[] { Commits.Ada("b") }, Commits.Noon, source.Token));
        Assert.Equal(end, log.End);
        await log.AppendAsync(new[] { Commits.Ada("c") }, Commits.Noon, Token);
    }

    [Fact]
    public async Task Append_WhenSealed_SaysThatTheSpaceIsGone()
    {
        var log = await _fixture.OpenAsync();
        await log.AppendSystemAsync(FrameKind.Seal, default, Commits.Noon, Token);

        Assert.Equal(ErrorKind.NotFound, await FailureAsync(log, "a"));
        await log.DisposeAsync();
        log = await _fixture.OpenAsync();
        Assert.Equal(ErrorKind.NotFound, await FailureAsync(log, "a"));
        Assert.Single(_fixture.Replayed);
    }

    [Fact]
    public async Task Append_WhenTwoAtOnce_IsAnInternalError()
    {
        var gate = new TaskCompletionSource();
        var store = new FailingStore { Gate = gate.Task };
        _fixture.Wrap = store.Around;
        var log = await _fixture.OpenAsync();
        var first = log.AppendAsync(new[] { Commits.Ada("a") }, Commits.Noon, Token);

        Assert.Equal(ErrorKind.Internal, await FailureAsync(log, "b"));
        gate.SetResult();
        await first;
        await log.DisposeAsync();
    }

    [Fact]
    public async Task Append_WhenGroupIsTooLargeOrEmpty_IsAnInternalError()
    {
        await using var log = await _fixture.OpenAsync();
        var writer = Commits.Begin();
        for (var i = 0; i < 3; i++)
        {
            writer.BeginPut("a"u8, OnExists.Replace);
            writer.ContentBytes(new byte[Limits.ContentBytes]);
            writer.EndOperation();
        }

        var large = writer.Finish();

        Assert.Equal(ErrorKind.Internal, await FailureAsync(log));
        await Assert.ThrowsAsync<CairnException>(async () => await log.AppendAsync(new[] { large, large }, Commits.Noon, Token));
        await log.AppendAsync(new[] { large }, Commits.Noon, Token);
    }

    [Fact]
    public async Task Open_WhenGroupsAreLarge_ReadsThroughABoundedWindow()
    {
        var log = await _fixture.OpenAsync();
        var writer = Commits.Begin();
        for (var i = 0; i < 3; i++)
        {
            writer.BeginPut("a"u8, OnExists.Replace);
            writer.ContentBytes(new byte[Limits.ContentBytes]);
            writer.EndOperation();
        }

        var large = writer.Finish();
        for (var i = 0; i < 8; i++)
        {
            await log.AppendAsync(new[] { i % 2 == 0 ? large : Commits.Ada() }, Commits.Noon, Token);
        }

        await log.DisposeAsync();
        var store = new FailingStore();
        _fixture.Wrap = store.Around;
        await using var reopened = await _fixture.OpenAsync();

        Assert.Equal(9, _fixture.Replayed.Count);
        Assert.InRange(store.LargestRead, 1, Limits.GroupBytes);
        Assert.True(_fixture.Progress.Count > 4);
        Assert.Equal((reopened.Bytes, reopened.Bytes), _fixture.Progress[^1]);
        Assert.Equal(_fixture.Progress.OrderBy(step => step.Done), _fixture.Progress);
    }

    [Fact]
    public async Task Open_WhenReplayFails_DisposesTheStore()
    {
        await _fixture.WriteAsync(clean: true, ["a"]);
        var store = new FailingStore();
        _fixture.Wrap = store.Around;

        _fixture.ReplayFailure = new InvalidOperationException();

        await Assert.ThrowsAsync<InvalidOperationException>(() => _fixture.OpenAsync());
        Assert.True(store.IsDisposed);
    }

    [Fact]
    public async Task Append_WhenWarm_AllocatesNothingPerGroup()
    {
        _fixture.Wrap = _ => new SinkStore();
        await using var log = await _fixture.OpenAsync();
        EncodedCommit[] commits = [Commits.Ada("a"), Commits.Ada("b")];
        long allocated = 0;
        for (var i = 0; i < 200; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var append = log.AppendAsync(commits, Commits.Noon, Token);
            Assert.True(append.IsCompletedSuccessfully);
            await append;
            if (i >= 100)
                allocated += GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Assert.Equal(0, allocated);
    }

    private static LogPosition Position(string frame)
    {
        var parts = frame.Split(' ')[0].Split(':');
        return LogPosition.Of(int.Parse(parts[0]), long.Parse(parts[1]));
    }

    private static int CountGroups(byte[] file)
    {
        var count = 0;
        for (var at = LogFileHeader.LengthBytes; at < file.Length; count++)
        {
            Assert.True(GroupHeader.TryRead(file.AsSpan(at), out var header));
            at += header.LengthBytes;
        }

        return count;
    }

    private static async Task<ErrorKind> FailureAsync(WriteLog log, params string[] ids) =>
        (await Assert.ThrowsAsync<CairnException>(async () => await log.AppendAsync(ids.Select(id => Commits.Ada(id)).ToArray(), Commits.Noon, Token))).Kind;

    private sealed class FailingStore
    {
        public CairnException? Next { get; set; }

        public Task? Gate { get; init; }

        public ILogStore? Inner { get; private set; }

        public bool IsDisposed { get; private set; }

        public int LargestRead { get; private set; }

        public ILogStore Around(ILogStore inner)
        {
            Inner = inner;
            return new Store(this, inner);
        }

        private sealed class Store(FailingStore owner, ILogStore inner) : PassingLogStore(inner)
        {
            public override async ValueTask<long> AppendAsync(int file, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
            {
                if (owner.Gate is { } gate)
                    await gate;
                if (owner.Next is { } failure)
                {
                    owner.Next = null;
                    throw failure;
                }

                return await base.AppendAsync(file, bytes, cancellationToken);
            }

            public override ValueTask<int> ReadAsync(int file, long offset, Memory<byte> buffer, CancellationToken cancellationToken)
            {
                owner.LargestRead = Math.Max(owner.LargestRead, buffer.Length);
                return base.ReadAsync(file, offset, buffer, cancellationToken);
            }

            public override ValueTask DisposeAsync()
            {
                owner.IsDisposed = true;
                return base.DisposeAsync();
            }
        }
    }

    /// <summary>Counts bytes and keeps none.</summary>
    private sealed class SinkStore : ILogStore
    {
        private long _length;

        public int MaxAppendsPerFile => int.MaxValue;

        public long MaxFileBytes => 1 << 30;

        public bool IsSoleWriter => true;

        public TimeSpan ClockLead => TimeSpan.Zero;

        public ValueTask<IReadOnlyList<int>> ListFilesAsync(CancellationToken cancellationToken) => new([]);

        public ValueTask<bool> CreateFileAsync(int file, ReadOnlyMemory<byte> header, CancellationToken cancellationToken)
        {
            _length = header.Length;
            return new(true);
        }

        public ValueTask<long> AppendAsync(int file, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        {
            _length += bytes.Length;
            return new(_length - bytes.Length);
        }

        public ValueTask<int> ReadAsync(int file, long offset, Memory<byte> buffer, CancellationToken cancellationToken) => new(0);

        public ValueTask<long> GetLengthAsync(int file, CancellationToken cancellationToken) => new(_length);

        public ValueTask<bool> TryCutAsync(int file, long offset, CancellationToken cancellationToken) => new(false);

        public ValueTask<bool> DeleteFileAsync(int file, CancellationToken cancellationToken) => new(false);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
