using System.Buffers.Binary;
using Cairn.Domain.Tests.Formats;
using Cairn.Formats;
using Cairn.Log;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Domain.Tests.Log;

public sealed class LogRecoveryTests
{
    private readonly LogFixture _fixture = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Open_WhenTornAtAnyByteOfTheLastGroup_CutsItWhole()
    {
        var groups = await _fixture.WriteAsync(clean: false, ["a", "b"], ["c"], ["d", "e"]);
        var whole = await _fixture.ReadAsync();
        var (start, last) = (groups[2].Offset, whole.Length);
        for (var end = start; end < last; end++)
        {
            await _fixture.ReplaceAsync(whole[..(int)end]);
            var log = await _fixture.OpenAsync();

            Assert.Equal(["a", "b", "c"], _fixture.Ids);
            Assert.Equal(end == start ? [] : [(0, start, end - start)], _fixture.Cuts);
            Assert.Equal(start, log.End.Offset);
            Assert.Equal(start, log.Bytes);
            await log.AppendAsync(new[] { Commits.Ada("f") }, Commits.Noon, Token);
            await _fixture.OpenAsync();
            Assert.Equal(["a", "b", "c", "f"], _fixture.Ids);
            Assert.Empty(_fixture.Cuts);
        }
    }

    [Fact]
    public async Task Open_WhenABitOfAMiddleGroupIsFlipped_IsCorruptAndNamesTheOffset()
    {
        var groups = await _fixture.WriteAsync(clean: false, ["a"], ["b"], ["c"]);
        var whole = await _fixture.ReadAsync();
        for (var at = groups[1].Offset; at < groups[2].Offset; at++)
        {
            await _fixture.ReplaceAsync(Flipped(whole, at));
            var failure = await _fixture.FailToOpenAsync();

            Assert.Contains($"log file 0, offset {groups[1].Offset}", failure.Message, StringComparison.Ordinal);
            Assert.Equal(["a"], _fixture.Ids);
            Assert.Equal(whole.Length, (await _fixture.ReadAsync()).Length);
        }
    }

    [Fact]
    public async Task Open_WhenTheLastGroupIsFlippedAfterACleanClose_IsCorrupt()
    {
        var groups = await _fixture.WriteAsync(clean: true, ["a"], ["b"]);
        var whole = await _fixture.ReadAsync();
        var end = groups[1].Offset + groups[1].Bytes.Length;
        Assert.True(end < whole.Length);
        for (var at = groups[1].Offset; at < end; at++)
        {
            await _fixture.ReplaceAsync(Flipped(whole, at));
            var failure = await _fixture.FailToOpenAsync();

            Assert.Contains($"offset {groups[1].Offset}", failure.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Open_WhenTheLastGroupIsFlippedAfterACrash_CutsIt()
    {
        var groups = await _fixture.WriteAsync(clean: false, ["a"], ["b"]);
        var whole = await _fixture.ReadAsync();
        for (var at = groups[1].Offset; at < whole.Length; at++)
        {
            await _fixture.ReplaceAsync(Flipped(whole, at));
            await _fixture.OpenAsync();

            Assert.Equal(["a"], _fixture.Ids);
            Assert.Equal([(0, groups[1].Offset, whole.Length - groups[1].Offset)], _fixture.Cuts);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(3_000_000)]
    public async Task Open_WhenZerosFollow_TakesThemForTheEnd(int zeros)
    {
        await _fixture.WriteAsync(clean: true, ["a"]);
        var whole = await _fixture.ReadAsync();
        await _fixture.ReplaceAsync([.. whole, .. new byte[zeros]]);
        var log = await _fixture.OpenAsync();

        Assert.Equal(["a"], _fixture.Ids);
        Assert.Equal((whole.Length, whole.Length), (log.End.Offset, log.Bytes));
        Assert.Equal(whole, await _fixture.ReadAsync());
        Assert.Empty(_fixture.Cuts);
    }

    [Fact]
    public async Task Open_WhenZerosStandWhereDurableGroupsWere_IsCorrupt()
    {
        var groups = await _fixture.WriteAsync(clean: true, ["a"], ["b"]);
        var whole = await _fixture.ReadAsync();
        whole.AsSpan((int)groups[0].Offset, groups[0].Bytes.Length).Clear();
        await _fixture.ReplaceAsync(whole);

        Assert.Contains($"offset {groups[0].Offset}", (await _fixture.FailToOpenAsync()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_WhenAnEarlierGroupVouchesForMoreThanThereIs_IsCorrupt()
    {
        await _fixture.WriteAsync(clean: true, ["a"], ["b"]);
        var whole = await _fixture.ReadAsync();

        // The barrier vouches for "b": with "b" gone and the barrier in its place, the log is short of what was durable.
        var groups = Groups(whole);
        var shortened = new List<byte>(whole[..groups[1].Start]);
        shortened.AddRange(whole[groups[2].Start..groups[2].End]);
        shortened.Add(1);
        await _fixture.ReplaceAsync([.. shortened]);

        await _fixture.FailToOpenAsync();
    }

    [Fact]
    public async Task Open_WhenATornGroupHoldsWhatLooksLikeAGroup_CutsIt()
    {
        var groups = await _fixture.WriteAsync(clean: false, ["a"]);
        var log = await _fixture.OpenAsync();
        var start = log.End.Offset;
        var fake = new byte[GroupHeader.HeaderBytes];
        new GroupHeader(300, 1, start + 1).Write(fake);
        var writer = Commits.Begin("evil");
        writer.BeginPut("x"u8, OnExists.Replace);
        writer.ContentBytes(fake);
        writer.EndOperation();
        await log.AppendAsync(new[] { writer.Finish() }, Commits.Noon, Token);
        var whole = await _fixture.ReadAsync();
        await _fixture.ReplaceAsync(whole[..^1]);

        await _fixture.OpenAsync();

        Assert.Equal(["a"], _fixture.Ids);
        Assert.Equal(groups[0].End.Offset, start);
        Assert.Single(_fixture.Cuts);
    }

    [Fact]
    public async Task Open_WhenTheRollWasInterruptedAtAnyByte_FinishesIt()
    {
        var fixture = new LogFixture(maxFileBytes: 300);
        await fixture.WriteAsync(clean: false, ["a"], ["b"]);
        var (first, second) = (await fixture.ReadAsync(0), await fixture.ReadAsync(1));
        var roll = Groups(first)[^1];
        for (var end = roll.Start; end <= roll.End; end++)
        {
            await fixture.ReplaceAsync(first[..end], 0);
            await fixture.ReplaceAsync(second[..LogFileHeader.LengthBytes], 1);
            var log = await fixture.OpenAsync();

            Assert.Equal(["a"], fixture.Ids);
            Assert.Equal(end == roll.End ? 1 : 0, log.End.File);
            await log.AppendAsync(new[] { Commits.Ada("c") }, Commits.Noon, Token);
            await log.DisposeAsync();
            Assert.Equal([0, 1], await fixture.FilesAsync());
            await fixture.OpenAsync();
            Assert.Equal(["a", "c"], fixture.Ids);
        }
    }

    [Fact]
    public async Task Open_WhenBytesStandBehindARollFrame_IgnoresThem()
    {
        var fixture = new LogFixture(maxFileBytes: 300);
        await fixture.WriteAsync(clean: true, ["a"], ["b"]);
        var first = await fixture.ReadAsync();
        var data = Groups(first)[0];
        await fixture.ReplaceAsync([.. first, .. first[data.Start..data.End], 1, 2, 3]);

        await fixture.OpenAsync();

        Assert.Equal(["a", "b"], fixture.Ids);
        Assert.Empty(fixture.Cuts);
    }

    [Fact]
    public async Task Open_WhenFilesDoNotFitTogether_IsCorrupt()
    {
        var fixture = new LogFixture(maxFileBytes: 300);
        await fixture.WriteAsync(clean: true, ["a"], ["b"]);
        var (first, second) = (await fixture.ReadAsync(0), await fixture.ReadAsync(1));
        var (data, roll) = (Groups(first)[0], Groups(first)[1]);

        await fixture.ReplaceAsync(first[..data.End]);
        Assert.Contains("without a roll frame", (await fixture.FailToOpenAsync()).Message, StringComparison.Ordinal);
        await fixture.ReplaceAsync(first[..roll.End]);
        await fixture.ReplaceAsync(first, 1);
        Assert.Contains("its header says it is file 0", (await fixture.FailToOpenAsync()).Message, StringComparison.Ordinal);
        await fixture.ReplaceAsync(second, 1);
        await fixture.ReplaceAsync(second, 3);
        Assert.Contains("log file 2, offset 0: the file is missing", (await fixture.FailToOpenAsync()).Message, StringComparison.Ordinal);

        var alone = new LogFixture();
        await alone.ReplaceAsync(first[..roll.End]);
        Assert.Contains("a roll frame leads to it", (await alone.FailToOpenAsync()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_WhenHeaderIsFlippedOrForeign_IsCorrupt()
    {
        await _fixture.WriteAsync(clean: true, ["a"]);
        var whole = await _fixture.ReadAsync();
        for (var at = 0; at < LogFileHeader.LengthBytes; at++)
        {
            await _fixture.ReplaceAsync(Flipped(whole, at));
            Assert.Contains("log file 0, offset 0", (await _fixture.FailToOpenAsync()).Message, StringComparison.Ordinal);
        }

        new LogFileHeader(0, new(99), Commits.Noon).Write(whole);
        await _fixture.ReplaceAsync(whole);
        Assert.Contains("its header says", (await _fixture.FailToOpenAsync()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_WhenOfALaterVersion_StopsAndCutsNothing()
    {
        await _fixture.WriteAsync(clean: false, ["a"], ["b"]);
        var whole = await _fixture.ReadAsync();
        var last = Groups(whole)[1];

        var group = whole.ToArray();
        group[last.Start + 4] = 2;
        Reseal(group, last.Start, 20, 20);
        await StopsAsync(group, "group version 2");

        var frame = whole.ToArray();
        var frameAt = last.Start + GroupHeader.HeaderBytes;
        frame[frameAt + FrameFormat.KindAt] = 42;
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(frameAt + FrameFormat.HeaderChecksumAt), FrameFormat.HeaderChecksum(frame.AsSpan(frameAt)));
        await StopsAsync(frame, "frame kind 42");

        var file = whole.ToArray();
        file[8] = 2;
        Reseal(file, 0, 60, 60);
        await StopsAsync(file, "log file version 2");
    }

    [Fact]
    public async Task Open_WhenStoreCannotCut_IsCorrupt()
    {
        await _fixture.WriteAsync(clean: false, ["a"], ["b"]);
        await _fixture.ReplaceAsync((await _fixture.ReadAsync())[..^1]);
        _fixture.Wrap = store => new UncuttableStore(store);

        await _fixture.FailToOpenAsync();
    }

    private async Task StopsAsync(byte[] bytes, string named)
    {
        await _fixture.ReplaceAsync(bytes);
        Assert.Contains(named, (await _fixture.FailToOpenAsync()).Message, StringComparison.Ordinal);
        Assert.Equal(bytes, await _fixture.ReadAsync());
    }

    private static byte[] Flipped(byte[] bytes, long at)
    {
        var flipped = bytes.ToArray();
        flipped[at] ^= (byte)(1 << (int)(at % 8));
        return flipped;
    }

    private static void Reseal(byte[] bytes, int start, int length, int at) =>
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(start + at), Crc32C.Compute(bytes.AsSpan(start, length)));

    private static List<(int Start, int End)> Groups(byte[] file)
    {
        var groups = new List<(int, int)>();
        for (var at = LogFileHeader.LengthBytes; GroupHeader.TryRead(file.AsSpan(at), out var header); at += header.LengthBytes)
        {
            groups.Add((at, at + header.LengthBytes));
        }

        return groups;
    }

    private sealed class UncuttableStore(Cairn.Storage.ILogStore inner) : PassingLogStore(inner)
    {
        public override ValueTask<bool> TryCutAsync(int file, long offset, CancellationToken cancellationToken) => new(false);
    }
}
