using System.Text;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Infra.Tests.Imports;

/// <summary>What every place where files wait to be imported keeps.</summary>
public abstract class ImportFilesConformance
{
    private static readonly SpaceName Demo = SpaceName.Parse("demo"), Other = SpaceName.Parse("other");

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task File_WhenThereIsNone_IsNull()
    {
        var files = await OpenAsync();

        Assert.Null(await files.FindAsync(Demo, "a.json", Token));
        Assert.Null(await files.FindAsync(Demo, "../demo/a.json", Token));
        Assert.Empty(await files.ListAsync(Token));
        await files.DeleteAsync(new(Demo, "a.json", new("x"), 1, default), Token);
    }

    [Theory]
    [InlineData("../other/x.json")]
    [InlineData("./../other/x.json")]
    [InlineData("a/../../other/x.json")]
    [InlineData("../x.json")]
    [InlineData("..")]
    public async Task File_WhenItsNameLeadsElsewhere_IsNull(string name)
    {
        var files = await OpenAsync();
        await PutAsync("other/x.json", "a");
        await PutAsync("x.json", "a");
        await PutAsync("demo/a/b.json", "a");

        Assert.Null(await files.FindAsync(Demo, name, Token));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(9_000_000)]
    public async Task File_WhenWritten_IsReadWhole(int length)
    {
        var files = await OpenAsync();
        var bytes = new byte[length];
        new Random(5).NextBytes(bytes);

        var file = await files.WriteAsync(Demo, "abc", new MemoryStream(bytes), Token);

        Assert.Equal((length, file), ((int)file.LengthBytes, await files.FindAsync(Demo, "abc", Token)));
        Assert.Equal(bytes, await ReadAsync(files, file));
    }

    [Fact]
    public async Task File_WhenWrittenAgain_HasAnotherVersionAndTheOldOneIsGone()
    {
        var files = await OpenAsync();
        var old = await files.WriteAsync(Demo, "abc", Text("first"), Token);
        await Task.Delay(20, Token);

        var now = await files.WriteAsync(Demo, "abc", Text("2nd"), Token);

        Assert.NotEqual(old.Version, now.Version);
        var failure = await Assert.ThrowsAsync<CairnException>(async () => await files.ReadAsync(old, 0, new byte[1], Token));
        Assert.Equal(ErrorKind.Conflict, failure.Kind);
        await files.DeleteAsync(old, Token);
        Assert.NotNull(await files.FindAsync(Demo, "abc", Token));
        await files.DeleteAsync(now, Token);
        Assert.Null(await files.FindAsync(Demo, "abc", Token));
        failure = await Assert.ThrowsAsync<CairnException>(async () => await files.ReadAsync(now, 0, new byte[1], Token));
        Assert.Equal(ErrorKind.Conflict, failure.Kind);
    }

    [Fact]
    public async Task List_WhenFilesLieThere_NamesThoseOfSpaces()
    {
        var files = await OpenAsync();
        await PutAsync("demo/memory.json", "a");
        await PutAsync("demo/A b é.ndjson", "bc");
        await PutAsync("other/x", "d");
        await PutAsync("No-Space/x.json", "e");
        await PutAsync("loose.json", "f");

        var listed = await files.ListAsync(Token);

        Assert.Equal(
            new[] { (Demo, "A b é.ndjson", 2L), (Demo, "memory.json", 1L), (Other, "x", 1L) },
            listed.Select(file => (file.Space, file.Name, file.LengthBytes)).OrderBy(file => $"{file.Space}/{file.Name}", StringComparer.Ordinal));
        var found = listed.Single(file => file.Name == "A b é.ndjson");
        Assert.Equal(found, await files.FindAsync(Demo, found.Name, Token));
        Assert.Equal("bc"u8.ToArray(), await ReadAsync(files, found));
        await files.DeleteAsync(found, Token);
        Assert.Equal(2, (await files.ListAsync(Token)).Count);
    }

    [Fact]
    public async Task Write_WhenTheBodyFails_LeavesNothing()
    {
        var files = await OpenAsync();

        await Assert.ThrowsAsync<InvalidDataException>(async () => await files.WriteAsync(Demo, "abc", new FailingStream(), Token));

        Assert.Null(await files.FindAsync(Demo, "abc", Token));
    }

    protected abstract ValueTask<IImportFiles> OpenAsync();

    /// <summary>Puts a file there as somebody else would.</summary>
    protected abstract Task PutAsync(string path, string text);

    private static MemoryStream Text(string text) => new(Encoding.UTF8.GetBytes(text));

    private static async Task<byte[]> ReadAsync(IImportFiles files, ImportFile file)
    {
        var all = new MemoryStream();
        var piece = new byte[4_000_000];
        for (int count; (count = await files.ReadAsync(file, all.Length, piece, Token)) > 0;)
        {
            all.Write(piece.AsSpan(0, count));
        }

        return all.ToArray();
    }

    private sealed class FailingStream : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => throw new InvalidDataException();

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => throw new InvalidDataException();

        public override Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken) => throw new InvalidDataException();
    }
}
