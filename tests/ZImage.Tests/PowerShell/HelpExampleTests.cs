namespace ZImage.Tests.Cmdlets;

/// <summary>Every example of the help runs without an error.</summary>
public sealed class HelpExampleTests(HelpExampleFixture examples) : IClassFixture<HelpExampleFixture>
{
    public static TheoryData<string> Pages => HelpTests.Pages;

    [Theory]
    [MemberData(nameof(Pages))]
    public void EveryExampleRuns(string page) => Assert.Empty(examples.Errors(page));
}
