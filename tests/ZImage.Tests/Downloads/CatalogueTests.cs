using ZImage.Engine.Downloads;
using ZImage.Tests.Hosting;

namespace ZImage.Tests.Downloads;

/// <summary>Names of files and sets, and where they lie.</summary>
[Collection(TestCache.Name)]
public sealed class CatalogueTests
{
    private static ModelCatalogue Shipped => ModelCatalogue.Load(Repository.PathOf("Module", "catalogue.json"));

    [Fact]
    public void TheShippedCatalogueNamesFilesThatDoNotMove()
    {
        HubFile[] files = [.. Shipped.Sets.SelectMany(set => set.Files)];

        Assert.Equal(Shipped.Sets.Count, Shipped.Sets.DistinctBy(set => set.Name).Count());
        Assert.All(files, file => Assert.Matches("^[0-9a-f]{40}$", file.Revision));
        Assert.All(files, file => Assert.True(file.Bytes > 100_000_000));
        Assert.All(files, file => Assert.Matches("^[0-9a-f]{64}$", file.Sha256));
        Assert.All(Shipped.Sets, set => Assert.True(set.Bytes < 20_000_000_000));
    }

    [Fact]
    public void AnUnknownNameIsAnsweredWithTheKnownOnes()
    {
        var fault = Assert.Throws<ModelNotInCatalogueException>(() => Shipped["nosuch"]);

        Assert.All(Shipped.Sets, set => Assert.Contains(set.Name, fault.RecommendedAction, StringComparison.Ordinal));
    }

    [Fact]
    public void ASetThatIsNotThereSaysHowItIsDownloaded()
    {
        var fault = Assert.Throws<ModelNotDownloadedException>(() => Shipped["Z-Image-Turbo-Q8_0"].Find());

        Assert.Equal("ModelNotDownloaded", fault.ErrorId);
        Assert.Contains("Save-ZModelFile z-image-turbo-q8_0 (it downloads 10.42 GiB)", fault.RecommendedAction, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("""{ "files": {}, "sets": [{ "name": "a", "description": "b", "diffusion": "c", "textEncoder": "c", "vae": "c" }] }""")]
    [InlineData("""{ "files": { "c": { "repository": "../..", "file": "f", "revision": "main" } }, "sets": [] }""")]
    [InlineData("""{ "sets": [] }""")]
    public void ADamagedCatalogueIsAFault(string json)
    {
        using var folder = new TemporaryFolder();

        Assert.Throws<ModelCatalogueUnreadableException>(() => ModelCatalogue.Load(folder.Write("catalogue.json", json)));
    }

    [Theory]
    [InlineData("one", "f", "main")]
    [InlineData("a/b/c", "f", "main")]
    [InlineData("../b", "f", "main")]
    [InlineData("a/b", "../f", "main")]
    [InlineData("a/b", "/f", "main")]
    [InlineData("a/b", "x\\f", "main")]
    [InlineData("a/b", "c:f", "main")]
    [InlineData("a/b", "x/./f", "main")]
    [InlineData("a/b", "", "main")]
    [InlineData("a/b", "f", "..")]
    [InlineData("a/b", "f\n", "main")]
    public void NamesThatLeadElsewhereAreRefused(string repository, string file, string revision)
        => Assert.Throws<InvalidHubFileException>(() => new HubFile(repository, file, revision));

    [Fact]
    public void ATokenOfTheEnvironmentGoesToTheHubOfTheEnvironmentAlone()
    {
        string? before = Environment.GetEnvironmentVariable("HF_TOKEN");
        Environment.SetEnvironmentVariable("HF_TOKEN", "hf_environment");
        try
        {
            Assert.Equal("hf_environment", HubOptions.Create().Token);
            Assert.Null(HubOptions.Create("http://127.0.0.1:1").Token);
            Assert.Equal("given", HubOptions.Create("http://127.0.0.1:1", "given").Token);
            Assert.DoesNotContain("hf_", HubOptions.Create().ToString(), StringComparison.Ordinal);
        }
        finally
        {
            Environment.SetEnvironmentVariable("HF_TOKEN", before);
        }
    }

    [Fact]
    public void AWholeSetIsDownloadedAndFound()
    {
        string[] paths = [Cmdlets.CmdletFixture.Diffusion, Cmdlets.CmdletFixture.TextEncoder, Cmdlets.CmdletFixture.Vae];
        using var server = new HubServer(request => HubServer.Serve(request, File.ReadAllBytes(paths.Single(path => request.Path.EndsWith(Path.GetFileName(path), StringComparison.Ordinal)))));
        HubFile Of(string path) => new("tests/whole-set", Path.GetFileName(path)) { Bytes = new FileInfo(path).Length, Sha256 = HubServer.Hash(File.ReadAllBytes(path)) };
        var set = new ModelSet("tiny", "the golden model", Of(paths[0]), Of(paths[1]), Of(paths[2]));
        var observer = new DownloadFixture();
        using var hub = new Hub(HubOptions.Create(server.Endpoint), observer.Policy);

        DownloadedModel saved = ModelDownload.Save(hub, set, false, observer, TestContext.Current.CancellationToken);
        DownloadedModel found = set.Find();

        Assert.Equal(3, server.Requests.Count);
        Assert.Equal(set.Files.Select(ModelStore.PathOf), saved.Files.Select(file => file.Path));
        Assert.Equal((set.Bytes, set.Bytes, false), (saved.Bytes, saved.ReceivedBytes, saved.FromCache));
        Assert.Equal((saved.Diffusion, saved.TextEncoder, saved.Vae, true), (found.Diffusion, found.TextEncoder, found.Vae, found.FromCache));
        Assert.Equal(saved.Files.Select(file => file.Sha256), found.Files.Select(file => file.Sha256));
        Assert.Equal(set.Bytes, observer.Progress.Last().AllBytes);
        Assert.Equal([1, 2, 3], observer.Progress.Select(p => p.Number).Distinct());
    }
}
