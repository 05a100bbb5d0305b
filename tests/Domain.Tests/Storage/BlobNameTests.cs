using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Domain.Tests.Storage;

public sealed class BlobNameTests
{
    [Theory]
    [InlineData("manifest")]
    [InlineData("manifests/0000000012.json")]
    [InlineData("segments/0000000001-01j8zk3v5q.seg")]
    [InlineData("a/b/c.d-e.f")]
    [InlineData("logs/1")]
    [InlineData("a/log")]
    [InlineData("-")]
    public void IsValid_WhenWellFormed_Holds(string name)
    {
        Assert.True(BlobName.IsValid(name));
        BlobName.Require(name);
        BlobName.RequirePrefix(name);
        BlobName.RequirePrefix(name + "/");
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("/a")]
    [InlineData("a/")]
    [InlineData("a//b")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("../a")]
    [InlineData("a/../b")]
    [InlineData("a..b")]
    [InlineData(".a")]
    [InlineData("a.")]
    [InlineData("a./b")]
    [InlineData("A")]
    [InlineData("a_b")]
    [InlineData("a b")]
    [InlineData("a\\b")]
    [InlineData("a\0")]
    [InlineData("ä")]
    [InlineData("a~")]
    [InlineData("log")]
    [InlineData("log/0000000.log")]
    public void IsValid_WhenMalformed_DoesNotHold(string name)
    {
        Assert.False(BlobName.IsValid(name));
        Assert.Equal(ErrorKind.Internal, Assert.Throws<CairnException>(() => BlobName.Require(name)).Kind);
    }

    [Fact]
    public void IsValid_WhenOverLong_DoesNotHold()
    {
        Assert.True(BlobName.IsValid(new string('a', BlobName.MaxLength)));
        Assert.False(BlobName.IsValid(new string('a', BlobName.MaxLength + 1)));
    }

    [Theory]
    [InlineData("/")]
    [InlineData("a//")]
    [InlineData("../")]
    [InlineData("log/")]
    [InlineData("A/")]
    public void RequirePrefix_WhenMalformed_IsRefused(string prefix) =>
        Assert.Equal(ErrorKind.Internal, Assert.Throws<CairnException>(() => BlobName.RequirePrefix(prefix)).Kind);

    [Fact]
    public void RequirePrefix_WhenEmpty_Passes() => BlobName.RequirePrefix("");
}
