using System.Text;
using Cairn.Domain.Tests;
using Cairn.Functions.Imports;
using Cairn.Functions.Streams;
using Cairn.Functions.Tests.Serving;
using Cairn.Infra.Local;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Functions.Tests.Imports;

/// <summary>Who works on an import, from where, and when it is given up: with a clock that stands still, in a store that several share.</summary>
public sealed class ImporterTests : IAsyncLifetime
{
    private const string Lines = """
        {"concept":{"id":"c1"}}
        {"concept":{"id":"c2"}}
        {"concept":{"id":"c3"}}
        """;

    private static readonly SpaceName Demo = SpaceName.Parse("demo");

    private readonly string _folder = Directory.CreateTempSubdirectory("cairn-test-").FullName;
    private readonly ManualTime _time = new();
    private readonly MemoryTableStore _tables = new();
    private TestServer _server = null!;
    private Importer _importer = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var files = LocalImportFiles.Open(_folder, _time);
        _server = await TestServer.StartAsync(options => options with { Time = _time, Store = new MemorySpaceStore(), Tables = _tables });
        await _server.PutAsync("/v1/spaces/demo", "{}");
        _importer = new(_server.Service, files, new(_tables, _time), isSole: false);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Run_WhenCutOff_GoesOnBehindTheLastNote()
    {
        var id = await PrepareAsync(job => job with { State = ImportState.Running, Line = 2, Counts = new(2, 1, 0, 1, 0), Holder = "dead", HeldUntil = _importer.Jobs.Now });

        Assert.Equal(ImportResult.Ended, await RunAsync(id));

        var job = (await _importer.Jobs.FindAsync(Demo, id, Token))!.Value.Job;
        Assert.Equal((ImportState.Done, 3L, new ImportCounts(3, 2, 0, 1, 0)), (job.State, job.Line, job.Counts));
        Assert.Single((await _server.GetAsync("/v1/spaces/demo/changes"))["items"].EnumerateArray());
        Assert.Equal(ImportResult.Nothing, await RunAsync(id));
    }

    /// <summary>What was done behind the last note is done again, and is the same commit.</summary>
    [Fact]
    public async Task Run_WhenItsNoteWasLost_ChangesNothingTwice()
    {
        var id = await PrepareAsync();
        var before = (await _importer.Jobs.FindAsync(Demo, id, Token))!.Value.Job;
        await RunAsync(id);
        var (_, version) = (await _importer.Jobs.FindAsync(Demo, id, Token))!.Value;
        await _importer.Jobs.PutAsync(Demo, before, version, Token);
        await WriteAsync(id);

        Assert.Equal(ImportResult.Ended, await RunAsync(id));

        Assert.Equal(new ImportCounts(3, 3, 0, 0, 0), (await _importer.Jobs.FindAsync(Demo, id, Token))!.Value.Job.Counts);
        Assert.Equal(3, (await _server.GetAsync("/v1/spaces/demo/changes"))["items"].GetArrayLength());
    }

    [Fact]
    public async Task Run_WhenAnotherProcessWorksOnIt_WaitsUntilThatIsSilent()
    {
        var id = await PrepareAsync(job => job with { State = ImportState.Running, Holder = "other", HeldUntil = _importer.Jobs.Now.Plus(TimeSpan.FromMinutes(2)) });

        Assert.Equal(ImportResult.Later, await RunAsync(id));
        _time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(ImportResult.Ended, await RunAsync(id));
    }

    [Fact]
    public async Task Run_WhenToldToStop_NotesHowFarItIs()
    {
        var id = await PrepareAsync();
        using var stop = new CancellationTokenSource();
        await _importer.Files.FindAsync(Demo, id, Token);
        await stop.CancelAsync();

        // It was told before it began: nothing is lost, whoever comes next does it.
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _importer.RunAsync(Demo, id, stop.Token));
        Assert.Equal(ImportResult.Ended, await RunAsync(id));
    }

    /// <summary>On the way to the line at which it goes on, too: of a large file that may take long.</summary>
    [Fact]
    public async Task Run_WhenToldToStopBeforeItsFirstLine_DoesNoneAndForgetsNone()
    {
        var id = await PrepareAsync(job => job with { Line = 2, Counts = new(2, 2, 0, 0, 0) });
        using var stop = new CancellationTokenSource();
        var importer = new Importer(_server.Service, new StoppingFiles(_importer.Files, stop), _importer.Jobs, isSole: false);

        Assert.Equal(ImportResult.Later, await importer.RunAsync(Demo, id, stop.Token));

        var job = (await _importer.Jobs.FindAsync(Demo, id, Token))!.Value.Job;
        Assert.Equal((ImportState.Running, 2L, new ImportCounts(2, 2, 0, 0, 0)), (job.State, job.Line, job.Counts));
        Assert.Empty((await _server.GetAsync("/v1/spaces/demo/changes"))["items"].EnumerateArray());
        Assert.Equal(ImportResult.Ended, await RunAsync(id));
    }

    [Fact]
    public async Task Run_WhenLinesCouldHaveBeenForgotten_FailsAndSaysWhere()
    {
        var id = await PrepareAsync(job => job with { Line = 1, Counts = new(1, 1, 0, 0, 0) });
        _time.Advance(TimeSpan.FromHours(12) + TimeSpan.FromSeconds(1));

        Assert.Equal(ImportResult.Ended, await RunAsync(id));

        var job = (await _importer.Jobs.FindAsync(Demo, id, Token))!.Value.Job;
        Assert.Equal(ImportState.Failed, job.State);
        Assert.Contains("behind line 1", Encoding.UTF8.GetString(job.Problem!), StringComparison.Ordinal);
        Assert.Null(await _importer.Files.FindAsync(Demo, id, Token));
    }

    [Fact]
    public async Task Body_WhenItsRecordIsMissing_IsLeftForADayAndThenGoes()
    {
        var id = ImportNames.NewId();
        await WriteAsync(id);
        File.SetLastWriteTimeUtc(Path.Combine(_folder, ".imports", "demo", id), _time.GetUtcNow().UtcDateTime);

        Assert.Equal(ImportResult.Later, await RunAsync(id));
        _time.Advance(TimeSpan.FromDays(1));
        Assert.Equal(ImportResult.Nothing, await RunAsync(id));
        Assert.Null(await _importer.Files.FindAsync(Demo, id, Token));
    }

    [Fact]
    public async Task Body_WhenItsSpaceIsGone_Goes()
    {
        var id = await PrepareAsync();
        await _server.DeleteAsync("/v1/spaces/demo");

        Assert.Equal(ImportResult.Nothing, await RunAsync(id));
        Assert.Null(await _importer.Files.FindAsync(Demo, id, Token));
    }

    [Fact]
    public async Task Records_WhenOld_GoWithTheNextNewOne()
    {
        var id = await PrepareAsync();
        await RunAsync(id);
        _time.Advance(ImportRegistry.Retention + TimeSpan.FromSeconds(1));

        await PrepareAsync();

        Assert.Null(await _importer.Jobs.FindAsync(Demo, id, Token));
    }

    /// <summary>A file stays when its import failed; weeks later its lines are no newer than they were.</summary>
    [Fact]
    public async Task File_WhenItsImportFailedLongAgo_IsNotImportedAnew()
    {
        var path = Path.Combine(_folder, ".imports", "demo", "old.ndjson");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await File.WriteAllTextAsync(path, Lines, Token);
        var space = await _server.Service.Catalog.FindAsync(Demo, Token);
        var id = ImportNames.IdOfFile(space!.Record.Incarnation, (await _importer.Files.FindAsync(Demo, "old.ndjson", Token))!);
        await _importer.Jobs.PutAsync(Demo, Job(id) with { File = "old.ndjson", Incarnation = space.Record.Incarnation, State = ImportState.Failed }, null, Token);
        _time.Advance(ImportRegistry.Retention + TimeSpan.FromSeconds(1));
        await PrepareAsync();

        Assert.Equal(ImportResult.Nothing, await RunAsync("old.ndjson"));
        Assert.Empty((await _server.GetAsync("/v1/spaces/demo/changes"))["items"].EnumerateArray());
    }

    [Fact]
    public void Record_WhenFullOfProblems_FitsAndComesBack()
    {
        var problem = Encoding.UTF8.GetBytes($$"""{"type":"urn:cairn:problem:invalid","detail":"{{new string('x', 900)}}"}""");
        var job = Job("id") with { Holder = "h", Position = new(77), Line = 5, Problem = problem, HeldUntil = new(9), State = ImportState.Failed, Counts = new(1, 2, 3, 4, 5) };
        job = job with { Rejected = job.With(Enumerable.Range(1, 1000).Select(i => new RejectedLine(i, problem))) };

        var bytes = ImportJobCodec.Encode(job);
        var back = ImportJobCodec.Decode("id", bytes);

        Assert.InRange(bytes.Length, 10_000, ITableStore.MaxRecordBytes);
        Assert.InRange(job.Rejected.Count, 10, ImportJob.MaxListed);
        Assert.Equal(bytes, ImportJobCodec.Encode(back));
        Assert.Equal((job.Counts, job.Position, job.State, job.Line), (back.Counts, back.Position, back.State, back.Line));
    }

    [Fact]
    public void Record_WhenDamaged_IsCorruptOrReadable()
    {
        var (random, whole) = (new Random(3), ImportJobCodec.Encode(Job("id") with { Rejected = [new(1, "{}"u8.ToArray())] }));
        for (var round = 0; round < 3000; round++)
        {
            var bytes = whole.AsSpan(0, round % 3 == 0 ? random.Next(whole.Length) : whole.Length).ToArray();
            for (var change = 0; change < round % 4 && bytes.Length > 0; change++)
            {
                bytes[random.Next(bytes.Length)] = random.GetItems<byte>("{}[]\",:0-9atx\\\0\u00ff"u8, 1)[0];
            }

            try
            {
                _ = ImportJobCodec.Decode("id", bytes);
            }
            catch (CairnException failure)
            {
                Assert.Equal(ErrorKind.Corrupt, failure.Kind);
            }
        }
    }

    private ImportJob Job(string id) => new()
    {
        Id = id,
        Incarnation = new(7),
        File = id,
        IsMemory = false,
        OnExists = OnExists.Replace,
        LineKey = $"import-{id}",
        CreatedAt = Timestamp.From(_time.GetUtcNow()),
        UpdatedAt = Timestamp.From(_time.GetUtcNow()),
    };

    private async Task<string> PrepareAsync(Func<ImportJob, ImportJob>? change = null)
    {
        var id = ImportNames.NewId();
        await WriteAsync(id);
        var space = await _server.Service.Catalog.FindAsync(Demo, Token);
        var job = Job(id) with { Incarnation = space!.Record.Incarnation };
        Assert.NotNull(await _importer.Jobs.PutAsync(Demo, change?.Invoke(job) ?? job, null, Token));
        return id;
    }

    private async Task WriteAsync(string id) => await _importer.Files.WriteAsync(Demo, id, new MemoryStream(Encoding.UTF8.GetBytes(Lines)), Token);

    private Task<ImportResult> RunAsync(string id) => _importer.RunAsync(Demo, id, Token);

    /// <summary>Files whose reader is told to stop as soon as he reads.</summary>
    private sealed class StoppingFiles(IImportFiles files, CancellationTokenSource stop) : IImportFiles
    {
        public ValueTask<ImportFile> WriteAsync(SpaceName space, string name, Stream content, CancellationToken cancellationToken) =>
            files.WriteAsync(space, name, content, cancellationToken);

        public ValueTask<ImportFile?> FindAsync(SpaceName space, string name, CancellationToken cancellationToken) => files.FindAsync(space, name, cancellationToken);

        public ValueTask<IReadOnlyList<ImportFile>> ListAsync(CancellationToken cancellationToken) => files.ListAsync(cancellationToken);

        public async ValueTask<int> ReadAsync(ImportFile file, long offset, Memory<byte> destination, CancellationToken cancellationToken)
        {
            await stop.CancelAsync();
            return await files.ReadAsync(file, offset, destination, cancellationToken);
        }

        public ValueTask DeleteAsync(ImportFile file, CancellationToken cancellationToken) => files.DeleteAsync(file, cancellationToken);
    }
}
