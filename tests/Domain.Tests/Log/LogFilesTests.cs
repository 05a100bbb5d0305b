using Cairn.Domain.Tests.Formats;
using Cairn.Formats;
using Cairn.Primitives;

namespace Cairn.Domain.Tests.Log;

/// <summary>Logs of several files: only the last one may be torn, and none may be missing.</summary>
public sealed class LogFilesTests
{
    private const long OneGroupAFile = 300;

    private readonly LogFixture _fixture = new(maxFileBytes: OneGroupAFile);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Open_WhenTheLastFileIsTornAtAnyByte_CutsOnlyThat()
    {
        var files = await WriteAsync();
        for (var end = LogFileHeader.LengthBytes; end < files[2].Length; end++)
        {
            await _fixture.ReplaceAsync(files[2][..end], 2);
            var log = await _fixture.OpenAsync();

            Assert.Equal(["a", "b"], _fixture.Ids);
            Assert.Equal(end == LogFileHeader.LengthBytes ? [] : [(2, LogFileHeader.LengthBytes, end - LogFileHeader.LengthBytes)], _fixture.Cuts);
            Assert.Equal(LogPosition.Of(2, LogFileHeader.LengthBytes), log.End);
            Assert.Equal(files[0].Length + files[1].Length + LogFileHeader.LengthBytes, log.Bytes);
            await log.AppendAsync(new[] { Commits.Ada("d") }, Commits.Noon, Token);
            await _fixture.OpenAsync();
            Assert.Equal(["a", "b", "d"], _fixture.Ids);
        }

        Assert.Equal([files[0], files[1]], [await _fixture.ReadAsync(0), await _fixture.ReadAsync(1)]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Open_WhenAnEarlierFileIsFlippedAtAnyByte_NamesTheGroupAndCutsNothing(int file)
    {
        var whole = (await WriteAsync())[file];
        var groups = Groups(whole);
        Assert.Equal(2, groups.Count);
        for (var at = 0; at < whole.Length; at++)
        {
            var flipped = whole.ToArray();
            flipped[at] ^= (byte)(1 << (at % 8));
            await _fixture.ReplaceAsync(flipped, file);

            var offset = groups.LastOrDefault(start => start <= at);
            Assert.Contains($"log file {file}, offset {offset}:", (await _fixture.FailToOpenAsync()).Message, StringComparison.Ordinal);
            Assert.Equal(flipped, await _fixture.ReadAsync(file));
        }
    }

    [Fact]
    public async Task Open_WhenAnEarlierFileIsShort_IsCorruptAtAnyByte()
    {
        var whole = (await WriteAsync())[1];
        var groups = Groups(whole);
        for (var end = 0; end < whole.Length; end++)
        {
            await _fixture.ReplaceAsync(whole[..end], 1);

            var offset = groups.LastOrDefault(start => start <= end);
            Assert.Contains($"log file 1, offset {offset}:", (await _fixture.FailToOpenAsync()).Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Open_WhenAFileIsMissing_NamesIt(int missing)
    {
        var files = await WriteAsync();
        var rest = new LogFixture(maxFileBytes: OneGroupAFile);
        foreach (var file in Enumerable.Range(0, 3).Where(file => file != missing))
        {
            await rest.ReplaceAsync(files[file], file);
        }

        Assert.Contains($"log file {missing}, offset 0: the file is missing", (await rest.FailToOpenAsync()).Message, StringComparison.Ordinal);
        Assert.Empty(rest.Replayed);
    }

    [Fact]
    public async Task Open_WhenAnEmptyFileFollows_GoesOnInItOnlyIfARollMadeIt()
    {
        var files = await WriteAsync();
        var header = new byte[LogFileHeader.LengthBytes];
        new LogFileHeader(3, Commits.Incarnation, Commits.Noon).Write(header);
        await _fixture.ReplaceAsync(header, 3);
        var log = await _fixture.OpenAsync();
        Assert.Equal((LogPosition.Of(2, files[2].Length), 3), (log.End, _fixture.Ids.Length));
        await log.AppendAsync(new[] { Commits.Ada("d") }, Commits.Noon, Token);
        Assert.Equal(3, log.End.File);

        await _fixture.ReplaceAsync(files[2], 2);
        await FailsAsync(header[..^1], "log file 3, offset 0:");
        await FailsAsync([], "log file 3, offset 0:");
        new LogFileHeader(3, new(99), Commits.Noon).Write(header);
        await FailsAsync(header, "log file 3, offset 0: its header says");
        new LogFileHeader(3, Commits.Incarnation, Commits.Noon).Write(header);
        await _fixture.ReplaceAsync(header, 4);
        await FailsAsync(header, "log file 3, offset 0: more than one empty file follows");
    }

    /// <summary>As docs/operations.md says: what stands before the damage is there again.</summary>
    [Fact]
    public async Task Open_WhenCutWhereTheDamageBegins_HasWhatStandsBefore()
    {
        const int RollBytes = 89;
        var files = await WriteAsync();
        Assert.Equal(files[1].Length - RollBytes, Groups(files[1])[^1]);
        foreach (var (last, lengthBytes, ids) in new[] { (1, Groups(files[1])[1], "ab"), (1, Groups(files[1])[0], "a"), (0, files[0].Length - RollBytes, "a") })
        {
            var rest = new LogFixture(maxFileBytes: OneGroupAFile);
            for (var file = 0; file <= last; file++)
            {
                await rest.ReplaceAsync(file == last ? files[file][..lengthBytes] : files[file], file);
            }

            var log = await rest.OpenAsync();
            await log.AppendAsync(new[] { Commits.Ada("d") }, Commits.Noon, Token);
            await rest.OpenAsync();
            Assert.Equal(ids + "d", string.Concat(rest.Ids));
        }
    }

    private async Task FailsAsync(byte[] last, string message)
    {
        await _fixture.ReplaceAsync(last, 3);
        Assert.Contains(message, (await _fixture.FailToOpenAsync()).Message, StringComparison.Ordinal);
    }

    /// <summary>Three files of one commit each: "a" and "b", each with a roll frame behind it, and "c".</summary>
    private async Task<byte[][]> WriteAsync()
    {
        await _fixture.WriteAsync(clean: false, ["a"], ["b"], ["c"]);
        Assert.Equal([0, 1, 2], await _fixture.FilesAsync());
        return [await _fixture.ReadAsync(0), await _fixture.ReadAsync(1), await _fixture.ReadAsync(2)];
    }

    private static List<int> Groups(byte[] file)
    {
        var groups = new List<int>();
        for (var at = LogFileHeader.LengthBytes; GroupHeader.TryRead(file.AsSpan(at), out var header); at += header.LengthBytes)
        {
            groups.Add(at);
        }

        return groups;
    }
}
