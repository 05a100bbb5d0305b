using System.Net;
using Cairn.Primitives;

namespace Cairn.Infra.Tests.Blob;

/// <summary>What the service's answers become.</summary>
public sealed class AzureFailureTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(400, "InvalidInput", ErrorKind.Internal)]
    [InlineData(401, "NoAuthenticationInformation", ErrorKind.Unavailable)]
    [InlineData(403, "AuthorizationPermissionMismatch", ErrorKind.Unavailable)]
    [InlineData(404, "BlobNotFound", ErrorKind.NotFound)]
    [InlineData(404, "ContainerNotFound", ErrorKind.Unavailable)]
    [InlineData(408, null, ErrorKind.Unknown)]
    [InlineData(409, "BlockCountExceedsLimit", ErrorKind.Unavailable)]
    [InlineData(409, "InvalidBlobType", ErrorKind.Conflict)]
    [InlineData(412, "LeaseIdMissing", ErrorKind.Conflict)]
    [InlineData(429, "TooManyRequests", ErrorKind.Throttled)]
    [InlineData(500, "InternalError", ErrorKind.Unknown)]
    [InlineData(500, "OperationTimedOut", ErrorKind.Unknown)]
    [InlineData(502, null, ErrorKind.Unknown)]
    [InlineData(503, "ServerBusy", ErrorKind.Throttled)]
    [InlineData(503, null, ErrorKind.Unknown)]
    public async Task Append_WhenTheServiceFails_SaysWhatBecameOfIt(int status, string? errorCode, ErrorKind kind)
    {
        using var service = new FakeService { Status = (HttpStatusCode)status, ErrorCode = errorCode, RetryAfter = "7" };
        await using var store = await service.OpenAsync();
        await using var log = store.OpenLog(AzureStoreFixture.Space);
        var before = service.Requests;

        var failure = await Assert.ThrowsAsync<CairnException>(async () => await log.AppendAsync(3, new byte[1], Token));

        Assert.Equal(kind, failure.Kind);
        Assert.Contains($"cairn/demo/{AzureStoreFixture.Space.Incarnation}/log/0000003.log", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', failure.Message);
        Assert.Equal(before + 1, service.Requests);
        Assert.Equal(kind == ErrorKind.Throttled ? TimeSpan.FromSeconds(7) : null, failure.RetryAfter);
    }

    [Theory]
    [InlineData(403, "AuthorizationFailure", ErrorKind.Unavailable)]
    [InlineData(404, "ContainerNotFound", ErrorKind.Unavailable)]
    [InlineData(500, "InternalError", ErrorKind.Unavailable)]
    [InlineData(503, "ServerBusy", ErrorKind.Throttled)]
    public async Task Read_WhenTheServiceFails_IsNeverUnknown(int status, string errorCode, ErrorKind kind)
    {
        using var service = new FakeService { Status = (HttpStatusCode)status, ErrorCode = errorCode };
        await using var store = await service.OpenAsync();
        await using var blobs = store.OpenBlobs(AzureStoreFixture.Space);

        var failure = await Assert.ThrowsAsync<CairnException>(async () => await blobs.ReadAsync("manifest", 100, Token));
        Assert.Equal(kind, failure.Kind);
    }

    [Fact]
    public async Task Find_WhenThereIsNoAccess_SaysWhichRoleIsMissing()
    {
        using var service = new FakeService { Status = HttpStatusCode.Forbidden, ErrorCode = "AuthorizationPermissionMismatch" };
        await using var store = await service.OpenAsync();

        var failure = await Assert.ThrowsAsync<CairnException>(async () => await store.FindAsync(AzureStoreFixture.Space.Name, Token));
        const string Advice = "no access to cairn/demo/current: give this process's identity the role Storage Blob Data Contributor";
        Assert.StartsWith(Advice, failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(9)]
    [InlineData(-3600)]
    public async Task Clock_WhenAnAnswerHasADate_TellsHowFarThisOneIsAhead(int leadSeconds)
    {
        var server = new DateTimeOffset(2026, 11, 26, 12, 0, 0, TimeSpan.Zero);
        using var service = new FakeService { Date = server };
        await using var store = await service.OpenAsync(new FixedTime(server.AddSeconds(leadSeconds)));

        Assert.Equal((server, TimeSpan.FromSeconds(leadSeconds)), (store.Clock.LastDate, store.Clock.Lead));
    }

    [Fact]
    public async Task Clock_WhenNoAnswerHadADate_TellsNothing()
    {
        using var service = new FakeService();
        await using var store = await service.OpenAsync();

        Assert.Null(store.Clock.LastDate);
        Assert.Null(store.Clock.Lead);
    }

    private sealed class FixedTime(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
