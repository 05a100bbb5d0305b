using System.ComponentModel;
using System.Diagnostics;
using System.Reflection;
using Cairn.Domain.Tests.Architecture;
using Cairn.Formats.Segments;

namespace Cairn.Domain.Tests.Formats.Segments;

/// <summary>The page about the format and the script beside it say what the code does. The script runs where there is a python3.</summary>
public sealed class SegmentPageTests
{
    private const string Script = "docs/formats/read_segment.py";
    private const string Golden = "tests/Golden/segment/v1/compressed.seg";

    [Fact]
    public void PageAndScript_WhenRead_ListEveryKindOfSection()
    {
        var (page, script) = (SourceTree.ReadText("docs/formats/segment.md"), SourceTree.ReadText(Script));
        var kinds = typeof(SectionKind).GetFields(BindingFlags.Public | BindingFlags.Static)
            .Where(field => field.FieldType == typeof(ushort)).Select(field => (ushort)field.GetRawConstantValue()!).ToArray();

        Assert.Equal(kinds.Length, kinds.Distinct().Count());
        Assert.All(kinds, kind =>
        {
            Assert.Contains($"\n| {kind} | ", page, StringComparison.Ordinal);
            Assert.Contains($" {kind}: \"", script, StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task Script_WhenTheFileIsWhole_ListsWhatTheReaderLists()
    {
        var result = await RunAsync(SourceTree.PathOf(Golden));

        Assert.Equal((0, ""), (result.ExitCode, result.Errors));
        var file = new SegmentBytes(SourceTree.ReadBytes(Golden)).Open();
        Assert.Contains($"incarnation {file.Header.Incarnation}, position {file.Header.Position}, epoch {file.Header.Epoch}", result.Output, StringComparison.Ordinal);
        foreach (var section in file.Sections)
        {
            var need = section.Required ? "required" : "optional";
            Assert.Matches($@"(?m)^section {section.Id} \([\w ]+\), {need}, chunks {section.ChunkCount}$", result.Output);
            for (var i = 0; i < section.ChunkCount; i++)
            {
                var chunk = file.Chunk(section, i);
                var method = chunk.Method.ToString().ToLowerInvariant();
                Assert.Contains(
                    $"  chunk {chunk.Number} at {chunk.Offset}, {method}, {chunk.StoredBytes} of {chunk.RawBytes} bytes: checksum right",
                    result.Output,
                    StringComparison.Ordinal);
            }
        }

        Assert.EndsWith("sections 5, chunks 7, damaged 0", result.Output.TrimEnd(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1", "0", "state")]
    [InlineData("7:3", "2", "\u0001\u0002\u0003")]
    [InlineData("4:13", "7", null)]
    public async Task Script_WhenAChunkIsAskedFor_WritesItsBytes(string section, string number, string? expected)
    {
        var result = await RunAsync(SourceTree.PathOf(Golden), "--section", section, "--chunk", number);

        Assert.Equal((0, ""), (result.ExitCode, result.Errors));
        Assert.Equal(expected ?? System.Text.Encoding.ASCII.GetString(TestChunk.Text(300)), result.Output);
    }

    [Theory]
    [InlineData("9:9", "0", "there is no chunk 0 in a section 9:9")]
    [InlineData("4:13", "4000000000", "compressed by Brotli")]
    public async Task Script_WhenAChunkCannotBeWritten_SaysWhy(string section, string number, string why)
    {
        var result = await RunAsync(SourceTree.PathOf(Golden), "--section", section, "--chunk", number);

        Assert.Equal((2, ""), (result.ExitCode, result.Output));
        Assert.Contains(why, result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Script_WhenAnyByteOfTheFileIsDamaged_SaysSoAsTheReaderDoes()
    {
        var segment = new SegmentBytes(SourceTree.ReadBytes(Golden));
        var places = new[] { 3, 20, 65, 85, 125, segment.TocOffset + 20, segment.Bytes.Length - 5 };
        foreach (var at in places)
        {
            segment.Bytes[at] ^= 4;
            var path = Path.GetTempFileName();
            try
            {
                await File.WriteAllBytesAsync(path, segment.Bytes, TestContext.Current.CancellationToken);
                var result = await RunAsync(path);
                Assert.Equal(1, result.ExitCode);
                Assert.Contains("offset ", result.Output + result.Errors, StringComparison.Ordinal);
            }
            finally
            {
                File.Delete(path);
            }

            segment.Bytes[at] ^= 4;
        }
    }

    private static async Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("python3", [SourceTree.PathOf(Script), .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        try
        {
            using var process = Process.Start(start)!;
            var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            return (process.ExitCode, await output, await errors);
        }
        catch (Win32Exception)
        {
            Assert.Skip("there is no python3 here");
            throw;
        }
    }
}
